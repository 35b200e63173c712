import { type ErrorCode, SandboxError, sandboxError } from "@sandbox-system/contract";

/** Errors of a worker that cannot take a session now, though another may; what tells most of the cluster's state comes first. */
const MOVES_ON: readonly ErrorCode[] = [
  "POOL_EXHAUSTED",
  "ENGINE_UNAVAILABLE",
  "DRAINING",
  "WORKER_UNREACHABLE",
];

/** Whether another worker may take the session that this one did not. */
export function movesOn(error: unknown): error is SandboxError {
  return error instanceof SandboxError && MOVES_ON.includes(error.code);
}

/** What a caller is told whose session no worker took. */
export function noWorkerTook(failures: readonly SandboxError[]): SandboxError {
  const ranked = [...failures].sort(
    (left, right) => MOVES_ON.indexOf(left.code) - MOVES_ON.indexOf(right.code),
  );
  return ranked[0] ?? noWorkers();
}

/** No worker can take a session now. Retryable. */
export function noWorkers(): SandboxError {
  return sandboxError(
    "NO_WORKERS_AVAILABLE",
    "No worker can take a session now. GET /v1/workers shows them; try again in a moment.",
    { retryAfterSeconds: 1 },
  );
}
