import type { WorkerInfo } from "./worker-info.js";

/** A worker as a coordinator sees it. */
export interface KnownWorker {
  readonly info: WorkerInfo;
  /** Milliseconds since the epoch at which its last heartbeat came. */
  readonly lastBeatMs: number;
}

/** What happened to a worker. `lost`: its lease ran out; `changed`: another state, registration or address; `beat`: only its numbers. */
export type DirectoryEvent =
  | { readonly kind: "changed" | "beat"; readonly worker: KnownWorker }
  | { readonly kind: "lost"; readonly workerId: string; readonly registrationId: string };

/**
 * The live workers, kept current by their heartbeats. Reading costs nothing: no method asks Redis. While Redis is away nobody's lease runs
 * out here: that nothing is heard says nothing about the workers then.
 */
export interface WorkerDirectory {
  /** Workers whose lease holds, `restarting` ones included. */
  all(): readonly KnownWorker[];
  find(workerId: string): KnownWorker | undefined;
  /** Calls `listener` on every event until the returned function is called. */
  subscribe(listener: (event: DirectoryEvent) => void): () => void;
}
