import type { SessionRegistry, WorkerJobSender } from "@sandbox-system/cluster";
import type { Logger } from "@sandbox-system/contract";

/** Sessions that one step looks at. */
const STEP = 500;

/** Steps of one sweep at most; what is left is done by the next one. */
const MAX_STEPS = 20;

/** What a sweep is made of. */
export interface ExpirySweepParts {
  readonly registry: SessionRegistry;
  readonly jobs: WorkerJobSender;
  readonly logger: Logger;
}

/**
 * One bounded pass over what nobody else ends: sessions of workers whose lease has run out, placements that nobody finished, and sessions that
 * look idle, which their workers are asked to end; a worker has the last word on activity. Rejects with `REGISTRY_UNAVAILABLE`; then the next
 * sweep does what this one did not.
 */
export async function sweepExpired({ registry, jobs, logger }: ExpirySweepParts): Promise<void> {
  const total = { lost: 0, abandoned: 0 };
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { lost, abandoned } = await registry.sweep(STEP);
    total.lost += lost;
    total.abandoned += abandoned;
    if (lost < STEP && abandoned < STEP) break;
  }
  const overdue = await registry.overdue(STEP * MAX_STEPS);
  for (const { workerId, sessionId, generation } of overdue)
    await jobs.send(workerId, { kind: "end-session", sessionId, generation });
  logger.info("session.sweep", { outcome: "ok", ...total, overdue: overdue.length });
}
