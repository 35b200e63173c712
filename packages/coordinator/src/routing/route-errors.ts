import {
  type ErrorCode,
  SandboxError,
  sandboxError,
  type SessionEnd,
} from "@sandbox-system/contract";

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
