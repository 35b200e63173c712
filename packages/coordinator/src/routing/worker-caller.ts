import type { KnownWorker, WorkerDirectory } from "@sandbox-system/cluster";
import { SandboxError } from "@sandbox-system/contract";
import { WorkerCallFailed } from "../worker-client/worker-call-failed.js";
import type { WorkerLine, WorkerLines } from "../workers/worker-lines.js";
import { type HoldingRoom, workerUnreachable } from "./holding-room.js";
import { isComingBack, judgeFailure } from "./judge-failure.js";
import { aborted, interrupted } from "./route-errors.js";
import type { WorkerCall } from "./worker-call.js";
import type { LossWatch, WorkerEvents } from "./worker-events.js";

/** What a caller of workers is made of. */
export interface WorkerCallerParts {
  readonly directory: WorkerDirectory;
  readonly lines: WorkerLines;
  readonly events: WorkerEvents;
  readonly holds: HoldingRoom;
}

/**
 * What one try came to: a value; `gone`: the worker's lease has run out; `again`: it was given up because this boot of the worker is lost, so
 * what is known of the worker now decides; `wait`: it is worth to try again in a moment.
 */
type Attempt<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "gone" | "again" }
  | { readonly kind: "wait"; readonly cause?: unknown };

/** What a call comes to that no worker can answer any more. */
export type Instead<T> = { readonly value: T } | undefined;

/**
 * Calls workers, and waits for those that are about to be back. Never makes a call again that may have been carried out, unless it is
 * repeatable.
 */
export class WorkerCaller {
  readonly #parts: WorkerCallerParts;

  constructor(parts: WorkerCallerParts) {
    this.#parts = parts;
  }

  /**
   * Makes a call. `whenGone` is asked when the worker's lease has run out: it rejects with what the caller is told, or resolves with what the
   * call comes to instead; undefined: the worker lives after all, and the call is held.
   *
   * Rejects with the worker's error, and with `WORKER_UNREACHABLE`, `OPERATION_INTERRUPTED`, `OPERATION_ABORTED`.
   */
  async call<T>(
    workerId: string,
    call: WorkerCall<T>,
    whenGone: () => Promise<Instead<T>>,
  ): Promise<T> {
    const place = this.#parts.holds.placeFor(workerId, call.signal);
    try {
      for (;;) {
        const attempt = await this.#attempt(workerId, call, place.hasWaited);
        if (attempt.kind === "value") return attempt.value;
        const instead = attempt.kind === "gone" ? await whenGone() : undefined;
        if (instead !== undefined) return instead.value;
        const cause = attempt.kind === "wait" ? attempt.cause : undefined;
        if (call.canRunAgain?.() === false) throw workerUnreachable(workerId, cause);
        if (attempt.kind !== "again") await place.wait(cause);
      }
    } finally {
      place.end();
    }
  }

  /** Makes a call that is not worth waiting for, once: rejects with `WORKER_UNREACHABLE` wherever {@link call} would hold it. */
  async once<T>(workerId: string, call: WorkerCall<T>): Promise<T> {
    const attempt = await this.#attempt(workerId, call, false);
    if (attempt.kind === "value") return attempt.value;
    const cause = attempt.kind === "wait" ? attempt.cause : undefined;
    throw cause instanceof SandboxError ? cause : workerUnreachable(workerId, cause);
  }

  async #attempt<T>(
    workerId: string,
    call: WorkerCall<T>,
    hasWaited: boolean,
  ): Promise<Attempt<T>> {
    const { directory, lines, events } = this.#parts;
    if (call.signal?.aborted === true) throw aborted();
    const worker = directory.find(workerId);
    if (worker === undefined) return { kind: "gone" };
    // It has said that it is gone, and that somebody else will be there: nothing is sent into a closing connection.
    if (worker.info.state === "restarting") return { kind: "wait" };
    const line = lines.to(worker);
    if (!line.breaker.isClosed) {
      if (!hasWaited && !isComingBack(worker.info.state)) throw workerUnreachable(workerId);
      return { kind: "wait" };
    }
    const watch = events.watch(worker.info);
    try {
      const value = await call.run(line.client, signalOf(watch, call.signal));
      line.breaker.succeeded();
      endWith(watch, call.complete?.(value));
      return { kind: "value", value };
    } catch (error) {
      watch.end();
      note(error, { call, worker, line });
      return this.#judge(error, { call, worker, watch });
    }
  }

  #judge<T>(
    error: unknown,
    { call, worker, watch }: { call: WorkerCall<T>; worker: KnownWorker; watch: LossWatch },
  ): Attempt<T> {
    if (error instanceof WorkerCallFailed && call.signal?.aborted === true) throw aborted(error);
    switch (judgeFailure(error, call.repetition, worker.info.state)) {
      case "answer":
        throw error;
      case "interrupted":
        throw interrupted(error);
      case "hold":
        return watch.signal.aborted ? { kind: "again" } : { kind: "wait", cause: error };
    }
  }
}

function signalOf(watch: LossWatch, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? watch.signal : AbortSignal.any([watch.signal, signal]);
}

/** The worker is watched until all of its answer has come. */
function endWith(watch: LossWatch, completion: Promise<unknown> | undefined): void {
  const end = (): void => {
    watch.end();
  };
  if (completion === undefined) end();
  else completion.then(end, end);
}

/** Tells the breaker what a failure says about the worker. A worker that is expected to be away is not blamed for it. */
function note(
  error: unknown,
  {
    call,
    worker,
    line,
  }: { call: { readonly isControl?: boolean }; worker: KnownWorker; line: WorkerLine },
): void {
  if (!(error instanceof WorkerCallFailed)) {
    // A worker that does not take the cluster's token is of no use, however well it answers.
    if (error instanceof SandboxError && error.code === "WORKER_UNREACHABLE") line.breaker.failed();
    else line.breaker.succeeded();
    return;
  }
  if (error.reason === "aborted" || isComingBack(worker.info.state)) return;
  const isSlow = error.reason === "timed-out" && call.isControl === true;
  if (error.progress === "not-sent" || isSlow) line.breaker.failed();
}
