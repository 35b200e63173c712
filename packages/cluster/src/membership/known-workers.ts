import type { DirectoryEvent, KnownWorker, WorkerDirectory } from "./worker-directory.js";
import type { WorkerInfo } from "./worker-info.js";

/** The workers that are known, and those who want to be told: the part of a directory that needs no Redis. */
export class KnownWorkers implements WorkerDirectory {
  readonly #workers = new Map<string, KnownWorker>();
  readonly #listeners = new Set<(event: DirectoryEvent) => void>();

  all(): readonly KnownWorker[] {
    return [...this.#workers.values()];
  }

  find(workerId: string): KnownWorker | undefined {
    return this.#workers.get(workerId);
  }

  subscribe(listener: (event: DirectoryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A worker was heard. */
  put(info: WorkerInfo, lastBeatMs: number): void {
    const before = this.#workers.get(info.workerId)?.info;
    const worker = { info, lastBeatMs };
    this.#workers.set(info.workerId, worker);
    const isSame =
      before?.state === info.state &&
      before.registrationId === info.registrationId &&
      before.url === info.url;
    this.#emit({ kind: isSame ? "beat" : "changed", worker });
  }

  /** A worker is not there any more. */
  remove(workerId: string): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) return;
    this.#workers.delete(workerId);
    this.#emit({ kind: "lost", workerId, registrationId: worker.info.registrationId });
  }

  #emit(event: DirectoryEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
