import type { WorkerInfo } from "@sandbox-system/cluster";

/** Claims are counted by windows of so many milliseconds: a burst shows in one, two heartbeats fit in. */
const WINDOW_MS = 10_000;

/** Windows that count, five minutes of them: agents that work in turns come back within that. */
const WINDOWS = 30;

/** The claims of one boot of a worker, by windows of time. */
interface Counted {
  readonly registrationId: string;
  readonly sinceMs: number;
  claims: number;
  atMs: number;
  /** Claims by number of window. */
  readonly windows: Map<number, number>;
}

/**
 * How fast each worker's sandboxes are claimed, from the counters in the heartbeats. Every coordinator hears all of them, so each can decide on
 * its own.
 */
export class ClaimHistory {
  readonly #workers = new Map<string, Counted>();

  /** A heartbeat, heard at `nowMs`. */
  note({ workerId, registrationId, claims }: WorkerInfo, nowMs: number): void {
    const known = this.#workers.get(workerId);
    if (known?.registrationId !== registrationId) {
      // What a worker did before it was first heard has no time.
      const windows = new Map<number, number>();
      this.#workers.set(workerId, { registrationId, sinceMs: nowMs, claims, atMs: nowMs, windows });
      return;
    }
    spread(known.windows, claims - known.claims, { fromMs: known.atMs, toMs: nowMs });
    known.claims = claims;
    known.atMs = nowMs;
    const oldest = windowOf(nowMs) - WINDOWS;
    for (const window of known.windows.keys()) if (window < oldest) known.windows.delete(window);
  }

  /** The worker is gone. */
  forget(workerId: string): void {
    this.#workers.delete(workerId);
  }

  /** Whether the worker was heard for all of the time that counts. */
  isWhole(workerId: string, nowMs: number): boolean {
    const known = this.#workers.get(workerId);
    return known !== undefined && nowMs - known.sinceMs >= WINDOWS * WINDOW_MS;
  }

  /** Greatest rate of the last five minutes, claims a second; undefined: the worker was not heard for a whole window yet. */
  peakRate(workerId: string, nowMs: number): number | undefined {
    const known = this.#workers.get(workerId);
    if (known === undefined || nowMs - known.sinceMs < WINDOW_MS) return undefined;
    const oldest = windowOf(nowMs) - WINDOWS;
    const counts = [...known.windows]
      .filter(([window]) => window >= oldest)
      .map(([, count]) => count);
    return Math.max(0, ...counts) / (WINDOW_MS / 1000);
  }
}

function windowOf(ms: number): number {
  return Math.floor(ms / WINDOW_MS);
}

/** Puts claims of which nobody knows when exactly they were made evenly into the windows between two heartbeats. */
function spread(
  windows: Map<number, number>,
  claims: number,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): void {
  if (claims <= 0) return;
  const first = windowOf(fromMs + 1);
  const last = Math.max(first, windowOf(toMs));
  const share = claims / (last - first + 1);
  for (let window = Math.max(first, last - WINDOWS); window <= last; window += 1)
    windows.set(window, (windows.get(window) ?? 0) + share);
}
