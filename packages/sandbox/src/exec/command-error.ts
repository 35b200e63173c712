import { SandboxError, sandboxError } from "@sandbox-system/contract";
import { ConnectionLost } from "../execd/connection-lost.js";
import { ExecdError } from "../execd/execd-error.js";
import { AgentErrorCode } from "../execd/protocol/agent-frames.js";
import { ProtocolViolation } from "../execd/protocol/protocol-violation.js";

/** What the caller of a command is told about a failure below; errors of other origin (a hook's) pass through. */
export function commandError(error: unknown, cwd: string | undefined): unknown {
  if (error instanceof SandboxError) return error;
  if (error instanceof ExecdError) return refusal(error, cwd);
  if (!(error instanceof ConnectionLost || error instanceof ProtocolViolation)) return error;
  return sandboxError(
    "OPERATION_INTERRUPTED",
    `The command was interrupted: ${error.message}. Whether it took effect is unknown.`,
    { details: { admitted: "unknown" }, cause: error },
  );
}

function refusal(error: ExecdError, cwd: string | undefined): SandboxError {
  switch (error.code) {
    case AgentErrorCode.BAD_WORKING_DIRECTORY:
      return sandboxError(
        "INVALID_REQUEST",
        `The working directory ${JSON.stringify(cwd)} cannot be entered: ${error.message}`,
        { details: { field: "cwd" } },
      );
    case AgentErrorCode.TOO_MANY_STREAMS:
      return sandboxError(
        "RATE_LIMITED",
        "Too many operations run in this session at once. Wait for some to end.",
        { retryAfterSeconds: 1 },
      );
    case AgentErrorCode.NOT_STARTED:
      return sandboxError(
        "OPERATION_INTERRUPTED",
        `The command could not be started: ${error.message}. It did not run.`,
        { details: { admitted: false }, cause: error },
      );
    default:
      return sandboxError("INTERNAL_ERROR", "The sandbox could not run the command.", {
        cause: error,
      });
  }
}
