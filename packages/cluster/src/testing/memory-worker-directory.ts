import type { Clock } from "@sandbox-system/contract";
import { KnownWorkers } from "../membership/known-workers.js";
import type {
  DirectoryEvent,
  KnownWorker,
  WorkerDirectory,
} from "../membership/worker-directory.js";
import type { WorkerInfo } from "../membership/worker-info.js";

/** A directory whose workers a test sets and loses. */
export class MemoryWorkerDirectory implements WorkerDirectory {
  readonly #known = new KnownWorkers();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  all(): readonly KnownWorker[] {
    return this.#known.all();
  }

  find(workerId: string): KnownWorker | undefined {
    return this.#known.find(workerId);
  }

  subscribe(listener: (event: DirectoryEvent) => void): () => void {
    return this.#known.subscribe(listener);
  }

  /** A heartbeat: of a new worker, or of one that is known. */
  set(info: WorkerInfo): void {
    this.#known.put(info, this.#clock.now());
  }

  /** A worker's lease runs out. */
  lose(workerId: string): void {
    this.#known.remove(workerId);
  }
}
