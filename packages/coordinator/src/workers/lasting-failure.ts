import type { IBreaker } from "cockatiel";
import type { Clock } from "@sandbox-system/contract";

/** Failures in a row before a worker counts as away: fewer happen when a process restarts between two calls. */
const LEAST_FAILURES = 5;

/**
 * How long the failures must have lasted, milliseconds. Many calls fail at once when a worker restarts after a crash, within a second and often
 * back within a few; those calls are held, and shall not turn away the ones that come after.
 */
const LEAST_DURATION_MS = 5000;

/** Opens a circuit when calls have failed one after another for a while: by number and by time, so that neither a burst nor one slow call does. */
export class LastingFailure implements IBreaker {
  readonly #clock: Clock;
  #failures = 0;
  #firstMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For the library's serialization, which nobody uses. */
  state: unknown = undefined;

  success(): void {
    this.#failures = 0;
  }

  /** Whether the circuit shall open. */
  failure(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (this.#failures === 0) this.#firstMs = nowMs;
    this.#failures += 1;
    return this.#failures >= LEAST_FAILURES && nowMs - this.#firstMs >= LEAST_DURATION_MS;
  }
}
