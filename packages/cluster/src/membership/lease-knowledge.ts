import type { Clock } from "@sandbox-system/contract";

/** A moment on both clocks: the monotonic one stands still while a laptop sleeps, the other one may be set. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * What a worker knows of its own lease. It is in doubt when neither a heartbeat has succeeded nor Redis was found away within the last lease:
 * then this process has stood still, and its sessions may be somebody else's by now.
 */
export class LeaseKnowledge {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #proof: Moment | undefined;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** To be called before an attempt is made; what comes of it is true of that moment, not of the later one at which it is known. */
  moment(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.now() };
  }

  /** An attempt that began at `moment` came to something: the lease was renewed, or Redis was away. */
  prove(moment: Moment): void {
    this.#proof = moment;
  }

  get isInDoubt(): boolean {
    if (this.#proof === undefined) return true;
    const now = this.moment();
    const elapsedMs = Math.max(
      now.monotonicMs - this.#proof.monotonicMs,
      now.wallMs - this.#proof.wallMs,
    );
    return elapsedMs >= this.#leaseMs;
  }
}
