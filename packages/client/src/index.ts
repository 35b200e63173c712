/** The SDK: commands and files in a sandbox per conversation, in this process (local mode) or over HTTP (remote mode). */
export { SandboxClient, type SandboxClientAdapters } from "./sandbox-client.js";
export { BatchSandboxClient, type BatchOptions, type BatchResult } from "./batch-sandbox-client.js";
export {
  type LocalModeOptions,
  type RemoteModeOptions,
  type SandboxClientOptions,
} from "./options.js";
export { type ExecuteOptions, type ExecuteResult } from "./command/execute-options.js";
export {
  type BackendCommand,
  type BackendDownload,
  type BackendHooks,
  type SandboxBackend,
} from "./backend/sandbox-backend.js";
export {
  CommandRejectedError,
  type ErrorCode,
  type ExecBody,
  type ExecResult,
  type FileEntry,
  type FileListing,
  FileNotFoundError,
  FileTooLargeError,
  type Logger,
  type LogFields,
  NoActiveSessionError,
  type OutputEncoding,
  PoolExhaustedError,
  SandboxError,
  type SandboxErrorOptions,
  SessionExpiredError,
  type SessionInfo,
  type SessionStatus,
  type UploadResult,
  WorkspaceFullError,
  type SessionRequest,
} from "@sandbox-system/contract";
