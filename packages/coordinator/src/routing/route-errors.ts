import type { SessionEnd } from "@sandbox-system/cluster";
import { type ErrorCode, SandboxError, sandboxError } from "@sandbox-system/contract";

/**
 * What a caller is told who asks for a session that is over, in the words of the engine room. undefined: never heard of, another tenant's, or
 * closed by its owner.
 */
export function absence(end: SessionEnd | undefined): SandboxError {
  switch (end) {
    case "expired":
      return sandboxError(
        "SESSION_EXPIRED",
        "Session expired: it was idle for longer than its timeout, and its files are gone. Create it again to go on.",
      );
    case "lost":
      return sandboxError(
        "SESSION_LOST",
        "Session lost: its sandbox died, and its files are gone. Create it again to go on.",
      );
    case "closed":
    case undefined:
      return sandboxError(
        "SESSION_NOT_FOUND",
        "There is no such session: it was never created, or was closed. Create it to go on.",
      );
  }
}

const END_OF: Partial<Record<ErrorCode, SessionEnd>> = {
  SESSION_NOT_FOUND: "closed",
  SESSION_EXPIRED: "expired",
  SESSION_LOST: "lost",
};

/** How a session ended by what a worker says of it; undefined: the error says nothing of that kind. */
export function endToldBy(error: unknown): SessionEnd | undefined {
  return error instanceof SandboxError ? END_OF[error.code] : undefined;
}

/** The call was sent, and whether it took effect cannot be known. It is never sent again. */
export function interrupted(cause: unknown): SandboxError {
  return sandboxError(
    "OPERATION_INTERRUPTED",
    "The worker was lost while it worked on this. Whether it took effect is unknown; it is not repeated.",
    { details: { admitted: "unknown" }, cause },
  );
}

/** The caller gave the call up. */
export function aborted(cause?: unknown): SandboxError {
  return sandboxError("OPERATION_ABORTED", "The operation was aborted by its caller.", { cause });
}

/** Whether the registry could not be asked. */
export function isRegistryAway(error: unknown): boolean {
  return error instanceof SandboxError && error.code === "REGISTRY_UNAVAILABLE";
}
