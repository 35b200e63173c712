import type { KnownWorker, WorkerDirectory } from "@sandbox-system/cluster";
import { type Reservation, Reservations } from "./reservations.js";
import { compareScores, roomOf, scoreOf } from "./score.js";

/** What a choice is made from. */
export interface WorkerChoiceParts {
  readonly directory: WorkerDirectory;
  /** Whether the worker can be called as far as is known. */
  readonly isReachable: (worker: KnownWorker) => boolean;
  /** 0 … 1, decides between equals. */
  readonly random: () => number;
}

/** A worker chosen for a session, with a sandbox of it promised. */
export interface Seat extends Reservation {
  readonly workerId: string;
}

/** Chooses workers for new sessions: filter → score → reserve. */
export class WorkerChoice {
  readonly #parts: WorkerChoiceParts;
  readonly #reservations = new Reservations();

  constructor(parts: WorkerChoiceParts) {
    this.#parts = parts;
  }

  /**
   * The best worker that was not tried yet, with a sandbox of it promised; undefined: none is left. Those that are full by their last heartbeats,
   * which may be a moment old, come last: a session that has just ended on any of them is room for another.
   */
  take(tried: ReadonlySet<string>): Seat | undefined {
    const { directory, isReachable } = this.#parts;
    const fit = directory
      .all()
      .filter(
        (worker) =>
          worker.info.state === "active" && !tried.has(worker.info.workerId) && isReachable(worker),
      );
    const withRoom = fit.filter((worker) => roomOf(worker.info, this.#reservations.of(worker)) > 0);
    if (withRoom.length > 0) return this.#seat(this.#best(withRoom));
    return fit.length > 0 ? this.#seat(this.#best(fit)) : undefined;
  }

  #best(workers: readonly KnownWorker[]): KnownWorker {
    const ranked = workers
      .map((worker) => ({
        worker,
        score: scoreOf(worker.info, this.#reservations.of(worker)),
        tieBreaker: this.#parts.random(),
      }))
      .sort(
        (left, right) =>
          compareScores(left.score, right.score) || left.tieBreaker - right.tieBreaker,
      );
    const [best] = ranked;
    if (best === undefined) throw new Error("There is nothing to choose from");
    return best.worker;
  }

  #seat(worker: KnownWorker): Seat {
    const { workerId } = worker.info;
    const reservation = this.#reservations.reserve(
      worker,
      () => this.#parts.directory.find(workerId)?.lastBeatMs,
    );
    return { workerId, ...reservation };
  }
}
