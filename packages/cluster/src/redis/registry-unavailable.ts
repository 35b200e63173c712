import { SandboxError, sandboxError } from "@sandbox-system/contract";

/** Reconnection is tried at least every half second, so a second later is soon enough and not too soon. */
const RETRY_AFTER_SECONDS = 1;

/** Redis cannot be asked, or must not be believed yet. Retryable. */
export function registryUnavailable(
  message = "The session registry cannot be reached at the moment. Try again shortly.",
  cause?: unknown,
): SandboxError {
  return sandboxError("REGISTRY_UNAVAILABLE", message, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause: cause === undefined ? undefined : withoutCommand(cause),
  });
}

/** Whether this is {@link registryUnavailable}. The link tells of that once; nobody else logs it. */
export function isRegistryUnavailable(error: unknown): boolean {
  return error instanceof SandboxError && error.code === "REGISTRY_UNAVAILABLE";
}

/** The registry was empty, or away for long: workers are about to say what they hold. Retryable. */
export function registrySettling(): SandboxError {
  return sandboxError(
    "REGISTRY_UNAVAILABLE",
    "The session registry is being filled again by the workers. Try again shortly.",
    { retryAfterSeconds: RETRY_AFTER_SECONDS, details: { settling: true } },
  );
}

/** Whether this is {@link registrySettling}: it passes within a few seconds, so a caller may as well wait. */
export function isRegistrySettling(error: unknown): boolean {
  return isRegistryUnavailable(error) && (error as SandboxError).details["settling"] === true;
}

/**
 * What ioredis threw, in our words. A fault of a script of ours is an `INTERNAL_ERROR`; everything else means that Redis is away, loading, read-only,
 * full or refuses us, and passes when somebody has repaired it.
 */
export function redisFailure(error: unknown): SandboxError {
  const isScriptFault =
    error instanceof Error &&
    error.name === "ReplyError" &&
    /^(ERR|WRONGTYPE)\b/.test(error.message);
  return isScriptFault
    ? sandboxError("INTERNAL_ERROR", "The session registry failed.", {
        cause: withoutCommand(error),
      })
    : registryUnavailable(undefined, error);
}

/** ioredis hangs the command with all its arguments on its errors, the password of AUTH among them; only the sentence may be logged. */
function withoutCommand(error: unknown): Error {
  return new Error(error instanceof Error ? error.message : String(error));
}
