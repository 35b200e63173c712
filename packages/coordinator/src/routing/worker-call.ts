import type { WorkerClient } from "../worker-client/worker-client.js";

/** One call to a worker, which may take several tries. */
export interface WorkerCall<T> {
  /**
   * `repeatable`: made twice it comes to the same as made once. `once`: when it may have been carried out, it is not made again.
   */
  readonly repetition: "repeatable" | "once";
  /** Whether the worker answers it from memory, so that slowness says something about the worker. */
  readonly isControl?: boolean;
  /** The caller's. */
  readonly signal?: AbortSignal | undefined;
  /** One try. `signal` gives it up. */
  readonly run: (client: WorkerClient, signal: AbortSignal) => Promise<T>;
  /** false: it cannot be tried again even though nothing was done, because what it sends is used up. */
  readonly canRunAgain?: (() => boolean) | undefined;
  /** When what the call came to is complete; the worker is watched until then. Absent: at once. */
  readonly complete?: ((value: T) => Promise<unknown>) | undefined;
}
