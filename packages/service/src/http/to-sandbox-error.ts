import { SandboxError, sandboxError } from "@sandbox-system/contract";

/**
 * Any thrown value as the error that the caller is told. What is not a {@link SandboxError} is a fault of the program or of a library,
 * and says nothing about itself; its cause goes to the log only.
 */
export function toSandboxError(thrown: unknown): SandboxError {
  if (thrown instanceof SandboxError) return thrown;
  if (isMalformedPath(thrown)) {
    return sandboxError(
      "INVALID_PATH",
      "The path of the URL is not valid: every % must be followed by two hex digits, and the bytes must be UTF-8.",
    );
  }
  return sandboxError(
    "INTERNAL_ERROR",
    "The server met an unexpected fault. Its log has the details under this request id.",
    { cause: thrown },
  );
}

/** Express decodes path parameters and marks what cannot be decoded with status 400. */
function isMalformedPath(thrown: unknown): boolean {
  return thrown instanceof URIError && "status" in thrown && thrown.status === 400;
}
