import type {
  CallOutcome,
  Clock,
  IdempotencyEntry,
  IdempotencyStore,
  IdempotentOutcome,
  Logger,
  StoredOutcome,
} from "@sandbox-system/contract";
import type { CallJournal } from "./call-journal.js";
import {
  entryId,
  type MemoryIdempotencyStore,
  OUTCOME_TTL_MS,
} from "./memory-idempotency-store.js";

/** What a caller gets who asks again for a call that an earlier process had begun. */
const UNKNOWN_OUTCOME: StoredOutcome = {
  kind: "error",
  code: "OPERATION_INTERRUPTED",
  message:
    "The worker was restarted while this call was under way. Whether it was carried out is unknown; it is not repeated.",
  details: { admitted: "unknown" },
};

/** What {@link JournaledIdempotencyStore} is made of. */
export interface JournaledStoreParts {
  readonly memory: MemoryIdempotencyStore;
  readonly journal: CallJournal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Outcomes in memory, and what a successor of this process must know of them in a journal: a command that an earlier process had begun is never
 * run again. Calls of the scope `sessions` are not journaled: get-or-create may be repeated.
 */
export class JournaledIdempotencyStore implements IdempotencyStore {
  readonly #parts: JournaledStoreParts;
  readonly #loaded: Promise<void>;

  constructor(parts: JournaledStoreParts) {
    this.#parts = parts;
    this.#loaded = this.#load();
  }

  async once(
    entry: IdempotencyEntry,
    call: () => Promise<CallOutcome>,
  ): Promise<IdempotentOutcome> {
    const { memory } = this.#parts;
    await this.#loaded;
    if (entry.scope === "sessions") return memory.once(entry, call);
    return memory.once(entry, () => this.#journaled(entry, call));
  }

  async #journaled(
    entry: IdempotencyEntry,
    call: () => Promise<CallOutcome>,
  ): Promise<CallOutcome> {
    const { journal, clock } = this.#parts;
    const id = entryId(entry);
    await journal.begin(id, entry.fingerprint, clock.now());
    const made = await call();
    const written = made.keep
      ? journal.end(id, made.outcome, clock.now())
      : journal.forget(id, clock.now());
    // The call has been made; that its outcome could not be written down must not hide it.
    await written.catch((error: unknown) => {
      this.#parts.logger.warn("idempotency.journal", { outcome: "failed", error });
    });
    return made;
  }

  async #load(): Promise<void> {
    const { memory, journal, clock } = this.#parts;
    const calls = await journal.load(clock.now() - OUTCOME_TTL_MS);
    for (const { id, fingerprint, outcome } of calls)
      memory.recall(id, fingerprint, outcome ?? UNKNOWN_OUTCOME);
  }
}
