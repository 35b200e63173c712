import {
  type ExecBody,
  type ExecResult,
  mayHaveRun,
  SandboxError,
  sandboxError,
} from "@sandbox-system/contract";

/** Commands that are remembered; a server remembers its own in the same way. The oldest is forgotten first. */
const MAX_REMEMBERED = 1000;

/** A command that must not run twice. */
export interface IdempotentEntry {
  readonly sessionId: string;
  /** The caller's idempotency key; it belongs to the session. */
  readonly key: string;
  readonly body: ExecBody;
}

/** A result, and whether it is the memory of an earlier call. */
export interface IdempotentResult {
  readonly result: ExecResult;
  readonly replayed: boolean;
}

interface Remembered {
  readonly body: string;
  readonly result: Promise<ExecResult>;
}

/**
 * Runs commands that carry an idempotency key once: what a server does for remote mode, done here for local mode. A command that was
 * refused is not remembered, so that its key may be used again.
 */
export class IdempotentCommands {
  readonly #remembered = new Map<string, Remembered>();

  /**
   * Runs `action` unless the entry was seen before; then gives what the first came to, also when that was an error.
   * @throws SandboxError `IDEMPOTENCY_CONFLICT` when the key was used for another command; and as `action` does.
   */
  async run(entry: IdempotentEntry, action: () => Promise<ExecResult>): Promise<IdempotentResult> {
    const key = JSON.stringify([entry.sessionId, entry.key]);
    const body = JSON.stringify(entry.body);
    const earlier = this.#remembered.get(key);
    if (earlier === undefined) {
      const result = action();
      this.#remember(key, { body, result });
      result.catch((error: unknown) => {
        if (saysNothingWasDone(error)) this.#remembered.delete(key);
      });
      return { result: await result, replayed: false };
    }
    if (earlier.body === body) return { result: await earlier.result, replayed: true };
    throw sandboxError(
      "IDEMPOTENCY_CONFLICT",
      "This Idempotency-Key was used with another request. Use a new key for a new request.",
    );
  }

  #remember(key: string, entry: Remembered): void {
    this.#remembered.set(key, entry);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
  }
}

function saysNothingWasDone(error: unknown): boolean {
  return error instanceof SandboxError && !mayHaveRun(error);
}
