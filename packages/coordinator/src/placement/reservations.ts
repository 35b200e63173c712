import type { KnownWorker } from "@sandbox-system/cluster";

/** A promise of one sandbox of a worker. */
export interface Reservation {
  /** Nothing came of it. */
  release(): void;
  /** The worker has given the sandbox; it counts until the worker's next heartbeat tells of it. */
  fulfil(): void;
}

interface Reserved {
  readonly workerId: string;
  /** Its worker's last heartbeat when it was fulfilled; undefined: it is not yet. */
  fulfilledAt: number | undefined;
}

/**
 * Sandboxes that this coordinator has promised to sessions and that no heartbeat tells of yet, so that a burst of placements does not go to one
 * worker. Other coordinators' promises are not seen; the worker has the last word.
 */
export class Reservations {
  readonly #reserved = new Set<Reserved>();

  /** Promises a sandbox of the worker. `lastBeatMs` gives the time of its last heartbeat; undefined: it is gone. */
  reserve({ info }: KnownWorker, lastBeatMs: () => number | undefined): Reservation {
    const reserved: Reserved = { workerId: info.workerId, fulfilledAt: undefined };
    this.#reserved.add(reserved);
    const release = (): void => {
      this.#reserved.delete(reserved);
    };
    const fulfil = (): void => {
      reserved.fulfilledAt = lastBeatMs();
      // A worker that is gone has no next heartbeat.
      if (reserved.fulfilledAt === undefined) release();
    };
    return { release, fulfil };
  }

  /** Promises that the worker's last heartbeat does not tell of. */
  of({ info, lastBeatMs }: KnownWorker): number {
    let count = 0;
    for (const reserved of this.#reserved) {
      if (reserved.workerId !== info.workerId) continue;
      if (reserved.fulfilledAt !== undefined && reserved.fulfilledAt < lastBeatMs)
        this.#reserved.delete(reserved);
      else count += 1;
    }
    return count;
  }
}
