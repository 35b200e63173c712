import type { ErrorCode } from "@sandbox-system/contract";

/** There is no such session for this tenant. */
export const SESSION_ERRORS = [
  "SESSION_NOT_FOUND",
  "SESSION_EXPIRED",
  "SESSION_LOST",
] as const satisfies readonly ErrorCode[];

/** A session cannot be made now. */
export const CREATE_ERRORS = [
  "INVALID_REQUEST",
  "POOL_EXHAUSTED",
  "NO_WORKERS_AVAILABLE",
  "ENGINE_UNAVAILABLE",
  "DRAINING",
] as const satisfies readonly ErrorCode[];

/** A JSON body cannot be used. */
export const BODY_ERRORS = [
  "INVALID_REQUEST",
  "REQUEST_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
] as const satisfies readonly ErrorCode[];

/** A command cannot be run, or did not come to an end. */
export const EXEC_ERRORS = [
  ...SESSION_ERRORS,
  "INVALID_REQUEST",
  "COMMAND_REJECTED",
  "OPERATION_ABORTED",
  "OPERATION_INTERRUPTED",
  "WORKSPACE_SIZE_EXCEEDED",
  "FILE_COUNT_EXCEEDED",
] as const satisfies readonly ErrorCode[];

/** A file cannot be found or named. */
export const FILE_ERRORS = [
  ...SESSION_ERRORS,
  "INVALID_PATH",
  "FILE_NOT_FOUND",
] as const satisfies readonly ErrorCode[];

/** A file cannot be stored. */
export const UPLOAD_ERRORS = [
  ...SESSION_ERRORS,
  "INVALID_PATH",
  "INVALID_REQUEST",
  "FILE_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "WORKSPACE_SIZE_EXCEEDED",
  "FILE_COUNT_EXCEEDED",
] as const satisfies readonly ErrorCode[];

/** What any route may answer. */
export const COMMON_ERRORS = ["INTERNAL_ERROR"] as const satisfies readonly ErrorCode[];
