import { circuitBreaker, type CircuitBreakerPolicy, CircuitState, handleAll } from "cockatiel";
import type { Clock, Timer } from "@sandbox-system/contract";
import { LastingFailure } from "./lasting-failure.js";

/** First and longest wait before a worker that is away is asked again, milliseconds. */
const FIRST_PROBE_MS = 1000;
const LAST_PROBE_MS = 10_000;

/** What a breaker is made of. */
export interface BreakerOptions {
  readonly clock: Clock;
  /** A cheap call that shows whether the worker is back; never a caller's own. */
  readonly probe: () => Promise<unknown>;
  /** Told of every opening and closing. */
  readonly onChange?: ((open: boolean) => void) | undefined;
}

/**
 * Whether a worker can be called.
 *
 * - closed: entry: made, or a probe succeeded. Exit: calls failed to reach it, or control calls timed out, for a while ({@link LastingFailure}).
 * - open: nobody calls it. Exit: a timer lets one probe through.
 * - half open: the probe is under way. Exits: closed, or open again with a longer wait.
 */
export class WorkerBreaker {
  readonly #clock: Clock;
  readonly #failures: LastingFailure;
  readonly #policy: CircuitBreakerPolicy;
  readonly #probe: () => Promise<unknown>;
  #waitMs = FIRST_PROBE_MS;
  #timer: Timer | undefined;
  #disposed = false;

  constructor({ clock, probe, onChange }: BreakerOptions) {
    this.#clock = clock;
    this.#probe = probe;
    this.#failures = new LastingFailure(clock);
    // The wait before a probe is this class's, by the injected clock.
    this.#policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: this.#failures });
    this.#policy.onBreak(() => {
      if (this.#waitMs === FIRST_PROBE_MS) onChange?.(true);
      this.#schedule();
    });
    this.#policy.onReset(() => {
      this.#waitMs = FIRST_PROBE_MS;
      onChange?.(false);
    });
  }

  /** Whether calls may be made. */
  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** A call reached the worker. */
  succeeded(): void {
    if (this.isClosed) this.#failures.success();
  }

  /** A call did not reach the worker, or one that it answers from memory took too long. */
  failed(): void {
    if (!this.isClosed) return;
    void this.#policy
      .execute(() => {
        throw new Error("The worker cannot be reached");
      })
      .catch(() => undefined);
  }

  /** Asks no more. */
  dispose(): void {
    this.#disposed = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#disposed) return;
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(2 * waitMs, LAST_PROBE_MS);
    this.#timer = this.#clock.setTimer(waitMs, () => {
      void this.#policy.execute(this.#probe).catch(() => undefined);
    });
  }
}
