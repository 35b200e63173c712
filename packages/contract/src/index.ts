/** What goes over the wire: schemas, types, error codes, ids. No I/O. */
export { ERROR_CODES, type ErrorCode, isErrorCode } from "./errors/error-codes.js";
export { type SandboxErrorOptions, SandboxError } from "./errors/sandbox-error.js";
export {
  SessionExpiredError,
  CommandRejectedError,
  PoolExhaustedError,
  FileTooLargeError,
  WorkspaceFullError,
  FileNotFoundError,
  NoActiveSessionError,
  sandboxError,
  commandRejected,
  type CommandRejection,
} from "./errors/specific-errors.js";
export { absenceError, type SessionEnd } from "./errors/absence-error.js";
export {
  errorBodySchema,
  type ErrorBody,
  errorToBody,
  type ErrorAnswer,
  errorFromBody,
} from "./errors/error-body.js";
export { newSessionId, newSandboxId, newRegistrationId, newRequestId, isSessionId } from "./ids.js";
export {
  type CallOutcome,
  type IdempotencyEntry,
  type IdempotencyStore,
  type IdempotentOutcome,
  type StoredOutcome,
} from "./api/idempotency-store.js";
export {
  type OpenSessionBody,
  openSessionBodySchema,
  TENANT_HEADER,
} from "./cluster/open-session.js";
export {
  MAX_NAME_LENGTH,
  MAX_TIMEOUT_MINUTES,
  envSchema,
  metadataSchema,
  createSessionRequestSchema,
  type CreateSessionBody,
  sessionStatusSchema,
  type SessionStatus,
  sessionSchema,
  type SessionBody,
  listSessionsQuerySchema,
  sessionListSchema,
  type SessionInfo,
  type SessionPage,
  sessionToBody,
  sessionFromBody,
} from "./session.js";
export {
  MAX_COMMAND_BYTES,
  MAX_STDIN_BYTES,
  DEFAULT_TIMEOUT_SECONDS,
  MAX_TIMEOUT_SECONDS,
  DEFAULT_MAX_OUTPUT_BYTES,
  MAX_OUTPUT_BYTES,
  outputEncodingSchema,
  type OutputEncoding,
  commandSchema,
  timeoutSecondsSchema,
  execRequestSchema,
  type ExecBody,
  execResultSchema,
  type ExecResultBody,
  execChunkSchema,
  execExitSchema,
  type ExecExitBody,
  type ExecResult,
  type ExecExit,
  execExitToBody,
  execExitFromBody,
  execResultToBody,
  execResultFromBody,
} from "./exec.js";
export {
  fileEntrySchema,
  type FileEntryBody,
  fileListingSchema,
  type FileListingBody,
  uploadResultSchema,
  type UploadResultBody,
  type FileEntry,
  type FileListing,
  type UploadResult,
  fileEntryToBody,
  fileListingToBody,
  fileListingFromBody,
  uploadResultToBody,
  uploadResultFromBody,
} from "./files.js";
export {
  healthStatusSchema,
  type HealthStatus,
  poolHealthSchema,
  type PoolHealthBody,
  healthSchema,
  workerSchema,
  type WorkerBody,
  workerStatusSchema,
  type WorkerStatusName,
  type HealthBody,
} from "./health.js";
export { policyBodySchema, type PolicyBody } from "./policy-body.js";
export {
  v2GetSessionQuerySchema,
  v2CreateSessionSchema,
  v2ExecuteSchema,
  v2DownloadFileSchema,
  v2ListFilesQuerySchema,
  v2CleanupSchema,
  v2CleanupResultSchema,
  v2StatusSchema,
} from "./v2/v2-routes.js";
export { type LogFields, type Logger, silentLogger } from "./logger.js";
export { type Clock, type Timer, systemClock } from "./clock.js";
export {
  type Setting,
  type SettingRelation,
  type Settings,
  type SettingValues,
} from "./settings/setting.js";
export {
  booleanSetting,
  bytesSetting,
  choiceSetting,
  numberSetting,
  optionalTextSetting,
  textSetting,
} from "./settings/setting-kinds.js";
export { type Environment, parseSettings, SettingsError } from "./settings/parse-settings.js";
export {
  type Tenant,
  type SessionRequest,
  type SessionQuery,
  type ExecRequest,
  type ExecHooks,
  type ByteRange,
  type FileDownload,
  type SandboxApi,
} from "./api/sandbox-api.js";
export { mayHaveRun } from "./errors/may-have-run.js";
export { workspacePath } from "./workspace-path.js";
