import type { Clock, Logger } from "@sandbox-system/contract";
import type { SessionLifecycle } from "../session/session-lifecycle.js";
import type { KeptSession } from "./kept-session.js";
import type { SandboxAdopter } from "./sandbox-adopter.js";
import type { SortedKeptSessions } from "./sort-kept-sessions.js";

/** Agents that are waited for at once. Each costs a socket, or a quarter of a megabyte over attach; a worker has 80 sandboxes by default. */
const ADOPTION_CONCURRENCY = 32;

/** What adoption works with. */
export interface AdoptSessionsOptions {
  readonly adopter: SandboxAdopter;
  readonly lifecycle: SessionLifecycle;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Takes over the sessions that an earlier process of this worker kept. Each is served again, or is lost and said to be. Never rejects.
 */
export async function adoptSessions(
  { current, superseded }: SortedKeptSessions,
  options: AdoptSessionsOptions,
): Promise<void> {
  for (const { session, sandbox } of superseded) {
    await options.lifecycle.loseKept(session, sandbox.id);
  }
  const waiting = [...current];
  const adoptInTurn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await adoptOne(next, options);
    }
  };
  await Promise.all(Array.from({ length: ADOPTION_CONCURRENCY }, adoptInTurn));
}

async function adoptOne(
  { session, sandbox }: KeptSession,
  options: AdoptSessionsOptions,
): Promise<void> {
  const { adopter, lifecycle, clock, logger } = options;
  const startedMs = clock.monotonicMs();
  const log = (outcome: "ok" | "lost", reason?: string): void => {
    logger.info("session.adopt", {
      sessionId: session.id,
      sandboxId: sandbox.id,
      outcome,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
      ...(reason === undefined ? {} : { reason }),
    });
  };
  try {
    lifecycle.adopt(session, await adopter.adopt(sandbox));
    log("ok");
  } catch (error) {
    await lifecycle.loseKept(session, sandbox.id);
    log("lost", error instanceof Error ? error.message : String(error));
  }
}
