import type { Logger } from "@sandbox-system/contract";
import type { ContainerEngine } from "../engine/container-engine.js";
import { ContainerLabel } from "../engine/container-labels.js";

/** What to reap. */
export interface ReapOptions {
  readonly engine: ContainerEngine;
  readonly logger: Logger;
  readonly workerId: string;
  /** Whether a sandbox is being made, adopted, alive or being removed here, by its id: whichever boot of the worker made it. */
  readonly isOwned: (sandboxId: string) => boolean;
}

/**
 * Destroys labelled containers of this worker that no live owner claims: what earlier boots left and nobody adopted, and what could not be
 * removed when it should have been. Gives how many. @throws EngineError when the engine cannot be asked.
 */
export async function reap(options: ReapOptions): Promise<number> {
  const { engine, logger, workerId, isOwned } = options;
  const containers = await engine.list({
    [ContainerLabel.SYSTEM]: "1",
    [ContainerLabel.WORKER]: workerId,
  });
  const orphans = containers.filter(({ labels }) => !isOwned(labels[ContainerLabel.SANDBOX] ?? ""));
  const results = await Promise.allSettled(orphans.map(({ id }) => engine.remove(id)));
  const failed = results.filter(({ status }) => status === "rejected").length;
  if (orphans.length > 0) {
    logger.info("sandbox.reap", { removed: orphans.length - failed, failed });
  }
  return orphans.length - failed;
}
