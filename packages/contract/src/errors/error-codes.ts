/**
 * Every error code of the system, in one table. A code without a row does not compile; `docs/ERRORS.md` is held to this
 * table by a test.
 *
 * - `status`: the HTTP status that carries the code; `null` for codes that only the SDK raises and that never go over the wire.
 * - `retryable`: whether the same call may simply be made again later, because the answer says that nothing was done. A code with
 *   `false` either needs a different call first, or leaves the fate of the operation unknown.
 */
export const ERROR_CODES = {
  INVALID_REQUEST: { status: 400, retryable: false },
  INVALID_PATH: { status: 400, retryable: false },
  COMMAND_REJECTED: { status: 400, retryable: false },
  UNAUTHENTICATED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  ROUTE_NOT_FOUND: { status: 404, retryable: false },
  SESSION_NOT_FOUND: { status: 404, retryable: false },
  SESSION_EXPIRED: { status: 404, retryable: false },
  SESSION_LOST: { status: 404, retryable: false },
  FILE_NOT_FOUND: { status: 404, retryable: false },
  WORKER_NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  REQUEST_TIMEOUT: { status: 408, retryable: true },
  IDEMPOTENCY_CONFLICT: { status: 409, retryable: false },
  FILE_TOO_LARGE: { status: 413, retryable: false },
  REQUEST_TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false },
  RANGE_NOT_SATISFIABLE: { status: 416, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  OPERATION_ABORTED: { status: 499, retryable: false },
  INTERNAL_ERROR: { status: 500, retryable: false },
  OPERATION_INTERRUPTED: { status: 503, retryable: false },
  POOL_EXHAUSTED: { status: 503, retryable: true },
  NO_WORKERS_AVAILABLE: { status: 503, retryable: true },
  WORKER_UNREACHABLE: { status: 503, retryable: true },
  REGISTRY_UNAVAILABLE: { status: 503, retryable: true },
  ENGINE_UNAVAILABLE: { status: 503, retryable: true },
  DRAINING: { status: 503, retryable: true },
  WORKSPACE_SIZE_EXCEEDED: { status: 507, retryable: false },
  FILE_COUNT_EXCEEDED: { status: 507, retryable: false },
  NO_ACTIVE_SESSION: { status: null, retryable: false },
  SERVER_UNREACHABLE: { status: null, retryable: true },
  LOCAL_MODE_UNAVAILABLE: { status: null, retryable: false },
} as const satisfies Record<string, { status: number | null; retryable: boolean }>;

/** A stable, machine-readable name of what went wrong. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether `value` is one of the codes above: what comes from the network is not trusted to be. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}
