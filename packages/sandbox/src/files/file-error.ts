import { type SandboxError, sandboxError, absenceError } from "@sandbox-system/contract";
import { ConnectionLost } from "../execd/connection-lost.js";
import { ExecdError } from "../execd/execd-error.js";
import { AgentErrorCode } from "../execd/protocol/agent-frames.js";
import { ProtocolViolation } from "../execd/protocol/protocol-violation.js";
import type { LimitOptions } from "../settings/sandbox-options.js";

const MIB = 1024 ** 2;

/** Bytes as MB with two decimals, for sentences and details. */
function megabytes(bytes: number): number {
  return Math.round((bytes / MIB) * 100) / 100;
}

/** The refusal of a file that is too large. `sizeBytes`: what is known of its size. */
export function fileTooLarge(sizeBytes: number, limits: LimitOptions): SandboxError {
  const max = megabytes(limits.maxFileBytes);
  const uploaded = megabytes(sizeBytes);
  return sandboxError(
    "FILE_TOO_LARGE",
    `File size exceeds maximum: ${String(uploaded)} MB were sent, ${String(max)} MB are allowed. Split the file, or raise MAX_FILE_SIZE_MB.`,
    { details: { max_size_mb: max, uploaded_size_mb: uploaded } },
  );
}

/** What the caller of a file operation is told about a failure below; errors of other origin (an upload's source) pass through. */
export function fileError(error: unknown, path: string, limits: LimitOptions): unknown {
  if (error instanceof ExecdError) return refusal(error, path, limits);
  if (error instanceof ConnectionLost || error instanceof ProtocolViolation) {
    return absenceError("lost");
  }
  return error;
}

function refusal(error: ExecdError, path: string, limits: LimitOptions): SandboxError {
  const name = JSON.stringify(path);
  switch (error.code) {
    case AgentErrorCode.NOT_FOUND:
      return sandboxError("FILE_NOT_FOUND", `There is no file ${name} in the workspace.`);
    case AgentErrorCode.NOT_A_FILE:
    case AgentErrorCode.NOT_A_DIRECTORY:
    case AgentErrorCode.INVALID_PATH:
    case AgentErrorCode.PERMISSION_DENIED:
    case AgentErrorCode.ALREADY_EXISTS:
    case AgentErrorCode.NOT_EMPTY:
      return sandboxError("INVALID_PATH", `Cannot use ${name}: ${error.message}.`);
    case AgentErrorCode.WORKSPACE_BYTES_EXCEEDED:
    case AgentErrorCode.NO_SPACE:
      return workspaceFull(limits);
    case AgentErrorCode.WORKSPACE_FILES_EXCEEDED:
      return tooManyFiles(limits);
    case AgentErrorCode.FILE_TOO_LARGE:
      return fileTooLarge(limits.maxFileBytes + 1, limits);
    case AgentErrorCode.TOO_MANY_STREAMS:
      return sandboxError(
        "RATE_LIMITED",
        "Too many operations run in this session at once. Wait for some to end.",
        { retryAfterSeconds: 1 },
      );
    default:
      return sandboxError("INTERNAL_ERROR", `The file ${name} could not be handled.`, {
        cause: error,
      });
  }
}

function workspaceFull(limits: LimitOptions): SandboxError {
  const max = megabytes(limits.maxWorkspaceBytes);
  return sandboxError(
    "WORKSPACE_SIZE_EXCEEDED",
    `Workspace size exceeds maximum: ${String(max)} MB are allowed. Remove files that are not needed, or raise MAX_WORKSPACE_SIZE_MB.`,
    { details: { max_workspace_size_mb: max } },
  );
}

function tooManyFiles(limits: LimitOptions): SandboxError {
  return sandboxError(
    "FILE_COUNT_EXCEEDED",
    `File count exceeds maximum: ${String(limits.maxTotalFiles)} files are allowed. Remove files that are not needed, or raise MAX_TOTAL_FILES.`,
    { details: { max_total_files: limits.maxTotalFiles } },
  );
}
