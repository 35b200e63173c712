import type { Clock, Timer } from "@sandbox-system/contract";

/** Why a request was ended from this side. */
export type GuardVerdict = "aborted" | "timed-out";

/** What ends a request early. */
export interface GuardLimits {
  readonly clock: Clock;
  /** Milliseconds without progress after which it is given up. */
  readonly idleMs: number;
  /** The caller's signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Ends a request when its caller aborts it or when it makes no progress for too long, and remembers which of the two it was: the
 * transport reports both alike.
 */
export class RequestGuard {
  readonly #limits: GuardLimits;
  readonly #controller = new AbortController();
  #timer: Timer | undefined;
  #verdict: GuardVerdict | undefined;
  #released = false;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
    limits.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (limits.signal?.aborted === true) this.#end("aborted");
    else this.progress();
  }

  /** Aborts when the request is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Undefined while the request was not ended by this guard. */
  get verdict(): GuardVerdict | undefined {
    return this.#verdict;
  }

  /** What comes next takes as long as it takes, because it is not up to the server: no wait for progress until {@link progress}. */
  suspend(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The request got on: the wait for progress begins anew. */
  progress(): void {
    this.suspend();
    if (this.#verdict !== undefined || this.#released) return;
    this.#timer = this.#limits.clock.setTimer(this.#limits.idleMs, () => {
      this.#end("timed-out");
    });
  }

  /** The request is over; nothing ends it any more. */
  release(): void {
    this.#released = true;
    this.suspend();
    this.#limits.signal?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#end("aborted");
  };

  #end(verdict: GuardVerdict): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = verdict;
    this.release();
    this.#controller.abort();
  }
}
