/** Names one call that must not be made twice. */
export interface IdempotencyEntry {
  readonly tenant: string;
  /** What the key belongs to: a session, or the creation of sessions. The same key under another scope is another call. */
  readonly scope: string;
  /** The caller's `Idempotency-Key`. */
  readonly key: string;
  /** Digest of the request: a key that comes back with another one is a mistake of the caller. */
  readonly fingerprint: string;
}

/** What a call came to, as it is kept: plain JSON, so that any store can hold it. */
export type StoredOutcome =
  | { readonly kind: "answer"; readonly body: unknown }
  | {
      readonly kind: "error";
      readonly code: string;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

/** An outcome, and whether it is the memory of an earlier call. */
export interface IdempotentOutcome {
  readonly outcome: StoredOutcome;
  readonly replayed: boolean;
}

/** What a call tells the store about its outcome. */
export interface CallOutcome {
  readonly outcome: StoredOutcome;
  /** false: nothing was done, so the key is free for another try. */
  readonly keep: boolean;
}

/**
 * Remembers what calls came to. In memory for one process, in a shared store for many.
 */
export interface IdempotencyStore {
  /**
   * Makes the call, unless one of the same entry has been made or is under way; then resolves with what that one came to. `call` does not
   * reject.
   * Rejects with `IDEMPOTENCY_CONFLICT` when the key was used with another fingerprint.
   */
  once(entry: IdempotencyEntry, call: () => Promise<CallOutcome>): Promise<IdempotentOutcome>;
}
