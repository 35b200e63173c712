import type { WorkerState } from "@sandbox-system/cluster";
import { SandboxError } from "@sandbox-system/contract";
import { WorkerCallFailed } from "../worker-client/worker-call-failed.js";

/**
 * What a failed try means.
 *
 * - `hold`: nothing was done, and the worker may be back in a moment; or the call may simply be made again.
 * - `interrupted`: it may have been carried out, and must not be made again.
 * - `answer`: the worker's own error; its caller gets it.
 */
export type FailureVerdict = "hold" | "interrupted" | "answer";

/** States in which a worker that does not serve yet, or any more, is about to be followed by one that does. */
export function isComingBack(state: WorkerState): boolean {
  return state === "starting" || state === "restarting";
}

/**
 * Judges a try that failed:
 *
 * | failure | repeatable | once |
 * | --- | --- | --- |
 * | not sent | hold | hold |
 * | sent, no whole answer | hold | interrupted |
 * | DRAINING: the worker stops, nothing was done | hold | hold |
 * | ENGINE_UNAVAILABLE of a worker that is starting or restarting | hold | hold |
 * | any other answer | answer | answer |
 */
export function judgeFailure(
  error: unknown,
  repetition: "repeatable" | "once",
  state: WorkerState,
): FailureVerdict {
  if (error instanceof WorkerCallFailed)
    return error.progress === "not-sent" || repetition === "repeatable" ? "hold" : "interrupted";
  if (!(error instanceof SandboxError)) return "answer";
  if (error.code === "DRAINING") return "hold";
  return error.code === "ENGINE_UNAVAILABLE" && isComingBack(state) ? "hold" : "answer";
}
