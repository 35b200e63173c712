import type { ErrorCode } from "./error-codes.js";
import type { SandboxError } from "./sandbox-error.js";

const POSSIBLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "INTERNAL_ERROR",
  "OPERATION_ABORTED",
  "OPERATION_INTERRUPTED",
  "WORKSPACE_SIZE_EXCEEDED",
  "FILE_COUNT_EXCEEDED",
]);

/**
 * Whether what failed with this error may have had an effect. Every other error says that nothing was done, so that the same call, under
 * the same idempotency key, may be made again.
 */
export function mayHaveRun(error: SandboxError): boolean {
  return POSSIBLE.has(error.code) && error.details["admitted"] !== false;
}
