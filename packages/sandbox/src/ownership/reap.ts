import type { Logger } from "@sandbox-system/contract";
import type { ContainerEngine } from "../engine/container-engine.js";
import { ContainerLabel } from "../engine/container-labels.js";

/** What to reap. */
export interface ReapOptions {
  readonly engine: ContainerEngine;
  readonly logger: Logger;
  readonly workerId: string;
  /** The present boot of the worker. */
  readonly registrationId: string;
  /** Whether a container of the present boot still has an owner, by its sandbox id. */
  readonly isOwned: (sandboxId: string) => boolean;
}

/**
 * Destroys labelled containers of this worker that no live owner claims: those of earlier boots, and those of this boot that could not be
 * removed when they should have been. Gives how many. @throws EngineError when the engine cannot be asked.
 */
export async function reap(options: ReapOptions): Promise<number> {
  const { engine, logger, workerId, registrationId, isOwned } = options;
  const containers = await engine.list({
    [ContainerLabel.SYSTEM]: "1",
    [ContainerLabel.WORKER]: workerId,
  });
  const orphans = containers.filter(
    ({ labels }) =>
      labels[ContainerLabel.REGISTRATION] !== registrationId ||
      !isOwned(labels[ContainerLabel.SANDBOX] ?? ""),
  );
  const results = await Promise.allSettled(orphans.map(({ id }) => engine.remove(id)));
  const failed = results.filter(({ status }) => status === "rejected").length;
  if (orphans.length > 0) {
    logger.info("sandbox.reap", { removed: orphans.length - failed, failed });
  }
  return orphans.length - failed;
}
