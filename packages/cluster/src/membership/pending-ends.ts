import type { SessionEnd } from "@sandbox-system/contract";
import { isRegistryUnavailable } from "../redis/registry-unavailable.js";
import type { SessionFence } from "../registry/session-record.js";
import type { SessionRegistry } from "../registry/session-registry.js";

/**
 * Ends of sessions that the registry has not been told of yet. There are no more of them than sessions: while Redis is away none are made.
 */
export class PendingEnds {
  readonly #registry: Pick<SessionRegistry, "end">;
  readonly #ends = new Map<string, { readonly fence: SessionFence; readonly end: SessionEnd }>();

  constructor(registry: Pick<SessionRegistry, "end">) {
    this.#registry = registry;
  }

  get size(): number {
    return this.#ends.size;
  }

  add({ sessionId, generation }: SessionFence, end: SessionEnd): void {
    this.#ends.set(sessionId, { fence: { sessionId, generation }, end });
  }

  /** The session is being opened after all. */
  cancel(sessionId: string): void {
    this.#ends.delete(sessionId);
  }

  /** Tells the registry of all, each once it is told for certain; rejects with `REGISTRY_UNAVAILABLE` at the first that it cannot be told. */
  async flush(): Promise<void> {
    for (const [sessionId, pending] of this.#ends) {
      try {
        await this.#registry.end(pending.fence, pending.end);
      } catch (error) {
        if (isRegistryUnavailable(error)) throw error;
      }
      if (this.#ends.get(sessionId) === pending) this.#ends.delete(sessionId);
    }
  }
}
