import { type Clock, type SandboxError, sandboxError } from "@sandbox-system/contract";
import { aborted } from "./route-errors.js";
import type { WorkerEvents } from "./worker-events.js";

/** How long a call is held, milliseconds: as long as the restart of a worker takes at most. */
const HOLD_MS = 20_000;

/** First and longest wait between two tries, milliseconds: a restart takes a second or two, and the directory may tell later than a try. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 1000;

/** Calls held at once at most; each has a connection, and a request's head and small body in memory. */
const MAX_HELD = 2000;

/** What a holding room is made of. */
export interface HoldingRoomOptions {
  readonly clock: Clock;
  readonly events: WorkerEvents;
  readonly maxHeld?: number;
}

/** Where calls wait for a worker that is about to be back. */
export class HoldingRoom {
  readonly #options: HoldingRoomOptions;
  #held = 0;
  #total = 0;

  constructor(options: HoldingRoomOptions) {
    this.#options = options;
  }

  /** Calls that wait now. */
  get held(): number {
    return this.#held;
  }

  /** Calls that have had to wait: a counter. */
  get total(): number {
    return this.#total;
  }

  /** A place for a call, taken by its first wait. */
  placeFor(workerId: string, signal: AbortSignal | undefined): HeldCall {
    return new HeldCall(workerId, {
      ...this.#options,
      signal,
      enter: () => {
        if (this.#held >= (this.#options.maxHeld ?? MAX_HELD)) return false;
        this.#held += 1;
        this.#total += 1;
        return true;
      },
      leave: () => (this.#held -= 1),
    });
  }
}

interface HeldCallOptions extends HoldingRoomOptions {
  readonly signal: AbortSignal | undefined;
  readonly enter: () => boolean;
  readonly leave: () => void;
}

/** One call that may have to wait, several times, for one worker. */
export class HeldCall {
  readonly #workerId: string;
  readonly #options: HeldCallOptions;
  #sinceMs: number | undefined;
  #waitMs = FIRST_WAIT_MS;

  constructor(workerId: string, options: HeldCallOptions) {
    this.#workerId = workerId;
    this.#options = options;
  }

  /** Whether it has had to wait. */
  get hasWaited(): boolean {
    return this.#sinceMs !== undefined;
  }

  /**
   * Resolves when it is worth to try again: something about the worker has changed, or a moment has passed. Rejects with
   * `WORKER_UNREACHABLE` when the call has waited for too long or the room is full, and with `OPERATION_ABORTED`.
   */
  async wait(cause?: unknown): Promise<void> {
    const { clock, enter } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#sinceMs === undefined) {
      if (!enter()) throw workerUnreachable(this.#workerId, cause);
      this.#sinceMs = nowMs;
    }
    const leftMs = HOLD_MS - (nowMs - this.#sinceMs);
    if (leftMs <= 0) throw workerUnreachable(this.#workerId, cause);
    await this.#pause(Math.min(this.#waitMs, leftMs));
    this.#waitMs = Math.min(2 * this.#waitMs, LAST_WAIT_MS);
  }

  /** The call is over. */
  end(): void {
    if (this.#sinceMs !== undefined) this.#options.leave();
  }

  #pause(ms: number): Promise<void> {
    const { clock, events, signal } = this.#options;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        timer.cancel();
        forget();
        signal?.removeEventListener("abort", onAbort);
        settle();
      };
      const onAbort = (): void => {
        finish(() => {
          reject(aborted());
        });
      };
      const timer = clock.setTimer(ms, () => {
        finish(resolve);
      });
      const forget = events.onChange(this.#workerId, () => {
        finish(resolve);
      });
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}

/** Nothing was done: the worker lives as far as is known, and cannot be reached. Retryable. */
export function workerUnreachable(workerId: string, cause?: unknown): SandboxError {
  return sandboxError(
    "WORKER_UNREACHABLE",
    `The worker ${workerId} that holds the session cannot be reached now. Try again in a moment.`,
    { retryAfterSeconds: 1, cause },
  );
}
