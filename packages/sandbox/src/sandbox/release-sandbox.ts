import type { Logger } from "@sandbox-system/contract";
import type { ContainerEngine } from "../engine/container-engine.js";

/** What a sandbox has outside of this process. */
export interface SandboxRemains {
  readonly id: string;
  /** undefined: there is no container yet. */
  readonly containerId: string | undefined;
  /** undefined: it never got ready. */
  readonly transport: { dispose(): Promise<void> } | undefined;
}

/** Removes what a sandbox has outside of this process; from then on nobody owns it. Never rejects: what could not be removed is left to the reaper. */
export async function releaseSandbox(
  { id, containerId, transport }: SandboxRemains,
  given: { engine: ContainerEngine; owned: Set<string>; logger: Logger },
): Promise<void> {
  const results = await Promise.allSettled([
    containerId === undefined ? undefined : given.engine.remove(containerId),
    transport?.dispose(),
  ]);
  given.owned.delete(id);
  for (const result of results) {
    if (result.status === "rejected") {
      given.logger.warn("sandbox.remove", {
        sandboxId: id,
        outcome: "failed",
        reason: String(result.reason),
      });
    }
  }
}
