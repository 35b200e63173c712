/** The rules by which the registry tells what still counts. Milliseconds. */
export interface RegistryRules {
  /** Silence of every process after which Redis itself must have been away, so that leases that ran out meanwhile prove nothing. */
  readonly gapMs: number;
  /** Time that workers get to come back and say what they hold, after Redis was away or empty. */
  readonly settleMs: number;
  /** Longest time that a placement takes. */
  readonly placingMs: number;
  /** How long it is remembered why a session ended. */
  readonly keepEndedMs: number;
}

/** Workers connect again within half a second, and say what they hold at once; three seconds leave room for many of them. */
export const SETTLE_MS = 3000;

/** A worker queues a creation for 30 s at most and makes it in seconds; a minute is more than any placement that somebody still waits for. */
export const PLACING_MS = 60_000;

/** A day: whoever comes back to a conversation on the same day learns that it expired. */
export const KEEP_ENDED_MS = 24 * 3_600_000;

/**
 * A single worker beats at least every 1.1 intervals (jitter), so a silence of 1.2 is none of its making. It must stay well below a lease less
 * one interval: what is shorter lets no lease run out.
 */
const GAP_BEATS = 1.2;

/** The rules of a cluster whose workers beat every `heartbeatMs`. */
export function registryRules(heartbeatMs: number): RegistryRules {
  return {
    gapMs: Math.round(heartbeatMs * GAP_BEATS),
    settleMs: SETTLE_MS,
    placingMs: PLACING_MS,
    keepEndedMs: KEEP_ENDED_MS,
  };
}
