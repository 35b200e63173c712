import type { DirectoryEvent, WorkerDirectory, WorkerInfo } from "@sandbox-system/cluster";
import type { Clock } from "@sandbox-system/contract";

/**
 * How long a call to a former boot of a worker may still get its answer after the next boot has registered, milliseconds. The process is gone, so
 * only an answer that is on its way already can come; without this, a call whose machine was switched off and on would wait for its timeout.
 */
const FORMER_BOOT_MS = 1000;

/** A call's eye on the worker that it waits for. */
export interface LossWatch {
  /** Aborts when the worker's lease has run out, or its process is known to be gone. */
  readonly signal: AbortSignal;
  /** The call is over. */
  end(): void;
}

interface Watched {
  readonly registrationId: string;
  readonly lose: () => void;
}

/** What the directory tells about workers, for the calls that wait for them. One subscription, however many calls. */
export class WorkerEvents {
  readonly #clock: Clock;
  readonly #unsubscribe: () => void;
  readonly #watches = new Map<string, Set<Watched>>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(directory: WorkerDirectory, clock: Clock) {
    this.#clock = clock;
    this.#unsubscribe = directory.subscribe((event) => {
      this.#heed(event);
    });
  }

  /** Watches a boot of a worker while a call to it is under way. */
  watch({ workerId, registrationId }: WorkerInfo): LossWatch {
    const controller = new AbortController();
    const watched = {
      registrationId,
      lose: () => {
        controller.abort(new Error(`The worker ${workerId} is lost`));
      },
    };
    const end = addTo(this.#watches, workerId, watched);
    return { signal: controller.signal, end };
  }

  /** Calls `listener` when something about the worker has changed, until the returned function is called. */
  onChange(workerId: string, listener: () => void): () => void {
    return addTo(this.#waiting, workerId, listener);
  }

  close(): void {
    this.#unsubscribe();
  }

  #heed(event: DirectoryEvent): void {
    if (event.kind === "beat") return;
    const { workerId, registrationId } = event.kind === "lost" ? event : event.worker.info;
    const watches = [...(this.#watches.get(workerId) ?? [])];
    if (event.kind === "lost") {
      for (const watch of watches) if (watch.registrationId === registrationId) watch.lose();
    } else {
      const former = watches.filter((watch) => watch.registrationId !== registrationId);
      if (former.length > 0)
        this.#clock.setTimer(FORMER_BOOT_MS, () => {
          for (const watch of former) watch.lose();
        });
    }
    for (const wake of [...(this.#waiting.get(workerId) ?? [])]) wake();
  }
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): () => void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(value));
  return () => {
    set.delete(value);
    if (set.size === 0 && sets.get(key) === set) sets.delete(key);
  };
}
