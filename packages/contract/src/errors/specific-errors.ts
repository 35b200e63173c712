import type { ErrorCode } from "./error-codes.js";
import { SandboxError, type SandboxErrorOptions } from "./sandbox-error.js";

/**
 * The session is over: idle for longer than its timeout (`SESSION_EXPIRED`), its sandbox died (`SESSION_LOST`), or nobody knows it
 * (`SESSION_NOT_FOUND`). In every case the command did not run; the workspace is gone.
 */
export class SessionExpiredError extends SandboxError {}

/** The command policy refused the command; it did not run. `details`: `reason`, `command` (the part refused), `rule`. */
export class CommandRejectedError extends SandboxError {}

/** No sandbox is free and none may be added. Try again after `retryAfterSeconds`. */
export class PoolExhaustedError extends SandboxError {}

/** The file is larger than `MAX_FILE_SIZE_MB`; nothing was stored. `details`: `max_size_mb`, `uploaded_size_mb`. */
export class FileTooLargeError extends SandboxError {}

/** The workspace is at `MAX_WORKSPACE_SIZE_MB` or `MAX_TOTAL_FILES`. `details`: the limit and what was counted. */
export class WorkspaceFullError extends SandboxError {}

/** The file is not there. */
export class FileNotFoundError extends SandboxError {}

/** A method that needs a session was called before `getOrCreateSession()`. */
export class NoActiveSessionError extends SandboxError {
  constructor() {
    super("NO_ACTIVE_SESSION", "No active session. Call getOrCreateSession() first.");
  }
}

/** What a policy says of a command that it refuses. */
export interface CommandRejection {
  /** A sentence that a person or an agent can act on. */
  readonly reason: string;
  /** The part of the command that was refused. */
  readonly command: string;
  /** Id of the rule; docs/COMMAND_POLICY.md lists them. */
  readonly rule: string;
}

type Constructor = new (
  code: ErrorCode,
  message: string,
  options?: SandboxErrorOptions,
) => SandboxError;

const CLASS_OF: Partial<Record<ErrorCode, Constructor>> = {
  SESSION_EXPIRED: SessionExpiredError,
  SESSION_LOST: SessionExpiredError,
  SESSION_NOT_FOUND: SessionExpiredError,
  COMMAND_REJECTED: CommandRejectedError,
  POOL_EXHAUSTED: PoolExhaustedError,
  FILE_TOO_LARGE: FileTooLargeError,
  WORKSPACE_SIZE_EXCEEDED: WorkspaceFullError,
  FILE_COUNT_EXCEEDED: WorkspaceFullError,
  FILE_NOT_FOUND: FileNotFoundError,
};

/**
 * Makes the error of a code as the class that callers branch on. All throwing code goes through here, so that local and remote
 * mode throw the same class for the same fault.
 */
export function sandboxError(
  code: ErrorCode,
  message: string,
  options: SandboxErrorOptions = {},
): SandboxError {
  const Class = CLASS_OF[code] ?? SandboxError;
  return new Class(code, message, options);
}

/** The error of a refused command, alike wherever it is refused. */
export function commandRejected({ reason, command, rule }: CommandRejection): SandboxError {
  return sandboxError("COMMAND_REJECTED", reason, { details: { reason, command, rule } });
}
