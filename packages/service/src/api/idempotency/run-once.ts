import { isErrorCode, mayHaveRun, type SandboxError, sandboxError } from "@sandbox-system/contract";
import { toSandboxError } from "../../http/to-sandbox-error.js";
import type { CallOutcome, IdempotencyEntry, IdempotencyStore } from "@sandbox-system/contract";

/** A call's value, and whether it is the memory of an earlier call. */
export interface Once<T> {
  readonly value: T;
  readonly replayed: boolean;
}

/**
 * Makes a call at most once for its entry; without an entry, simply makes it. Rejects like the call, also when the error is a memory.
 * `T` must be plain JSON.
 */
export async function runOnce<T>(
  store: IdempotencyStore,
  entry: IdempotencyEntry | undefined,
  call: () => Promise<T>,
): Promise<Once<T>> {
  if (entry === undefined) return { value: await call(), replayed: false };
  // The first caller gets the error itself, with its cause; the store keeps what can be kept.
  let thrown: SandboxError | undefined;
  const { outcome, replayed } = await store.once(entry, async () => {
    try {
      return { outcome: { kind: "answer", body: await call() }, keep: true };
    } catch (error) {
      thrown = toSandboxError(error);
      return errorOutcome(thrown);
    }
  });
  if (outcome.kind === "answer") return { value: outcome.body as T, replayed };
  throw thrown ?? recalledError(outcome);
}

function errorOutcome(error: SandboxError): CallOutcome {
  return {
    outcome: {
      kind: "error",
      code: error.code,
      message: error.message,
      details: error.details,
    },
    keep: mayHaveRun(error),
  };
}

function recalledError(outcome: {
  code: string;
  message: string;
  details: Readonly<Record<string, unknown>>;
}): SandboxError {
  const code = isErrorCode(outcome.code) ? outcome.code : "INTERNAL_ERROR";
  return sandboxError(code, outcome.message, { details: outcome.details });
}
