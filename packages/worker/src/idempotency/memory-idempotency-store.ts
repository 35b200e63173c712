import { LRUCache } from "lru-cache";
import {
  type Clock,
  type CallOutcome,
  type IdempotencyEntry,
  type IdempotencyStore,
  type IdempotentOutcome,
  type StoredOutcome,
  type SandboxError,
  sandboxError,
} from "@sandbox-system/contract";

const MIB = 1024 ** 2;

/** Bounds of the store; each keeps the memory of outcomes from growing with traffic. */
export interface IdempotencyLimits {
  /** How long an outcome is remembered, milliseconds. */
  readonly ttlMs: number;
  /** Outcomes at most; beyond it the ones that were used longest ago go first. */
  readonly maxEntries: number;
  /** All outcomes together, bytes of JSON. */
  readonly maxBytes: number;
  /** One outcome; of a larger one only the fact is remembered. */
  readonly maxEntryBytes: number;
}

/** How long an outcome is remembered, milliseconds. A day: retries come within seconds, jobs that are run again within hours. */
export const OUTCOME_TTL_MS = 24 * 3_600_000;

const DEFAULT_LIMITS: IdempotencyLimits = {
  ttlMs: OUTCOME_TTL_MS,
  maxEntries: 10_000,
  maxBytes: 64 * MIB,
  // A default result (1 MiB of stdout and of stderr) fits, escaped as JSON in the worst case.
  maxEntryBytes: 16 * MIB,
};

interface Remembered {
  readonly fingerprint: string;
  readonly outcome: StoredOutcome;
}

interface UnderWay {
  readonly fingerprint: string;
  readonly outcome: Promise<CallOutcome>;
}

/**
 * Outcomes in this process's memory: enough for one worker, lost with it. Calls under way are never forgotten; there are no more
 * of them than requests.
 */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #limits: IdempotencyLimits;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #remembered: LRUCache<string, Remembered>;

  constructor(clock: Clock, limits: Partial<IdempotencyLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#remembered = new LRUCache({
      max: this.#limits.maxEntries,
      maxSize: this.#limits.maxBytes,
      sizeCalculation: ({ outcome }) => sizeOf(outcome),
      ttl: this.#limits.ttlMs,
      // Every look at the clock is real: the injected one may jump.
      ttlResolution: 0,
      perf: { now: () => clock.monotonicMs() },
    });
  }

  async once(
    entry: IdempotencyEntry,
    call: () => Promise<CallOutcome>,
  ): Promise<IdempotentOutcome> {
    const id = entryId(entry);
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) {
      requireSame(underWay, entry);
      return { outcome: (await underWay.outcome).outcome, replayed: true };
    }
    const remembered = this.#remembered.get(id);
    if (remembered !== undefined) {
      requireSame(remembered, entry);
      return { outcome: remembered.outcome, replayed: true };
    }
    return { outcome: await this.#make(id, entry.fingerprint, call), replayed: false };
  }

  /** Remembers what a call of an earlier process came to, by its {@link entryId}. */
  recall(id: string, fingerprint: string, outcome: StoredOutcome): void {
    this.#remembered.set(id, { fingerprint, outcome: this.#storable(outcome) });
  }

  async #make(
    id: string,
    fingerprint: string,
    call: () => Promise<CallOutcome>,
  ): Promise<StoredOutcome> {
    const made = call();
    this.#underWay.set(id, { fingerprint, outcome: made });
    try {
      const { outcome, keep } = await made;
      if (keep) this.#remembered.set(id, { fingerprint, outcome: this.#storable(outcome) });
      return outcome;
    } finally {
      this.#underWay.delete(id);
    }
  }

  #storable(outcome: StoredOutcome): StoredOutcome {
    if (sizeOf(outcome) <= this.#limits.maxEntryBytes) return outcome;
    return {
      kind: "error",
      code: "OPERATION_INTERRUPTED",
      message: "The call was made, but its result was too large to be kept for a second asking.",
      details: { admitted: true },
    };
  }
}

/** An entry's name: no two entries share one. */
export function entryId({ tenant, scope, key }: IdempotencyEntry): string {
  return JSON.stringify([tenant, scope, key]);
}

function requireSame({ fingerprint }: { fingerprint: string }, entry: IdempotencyEntry): void {
  if (fingerprint !== entry.fingerprint) throw conflict();
}

function conflict(): SandboxError {
  return sandboxError(
    "IDEMPOTENCY_CONFLICT",
    "This Idempotency-Key was used with another request. Use a new key for a new request.",
  );
}

/** Bytes of the outcome as JSON; at least one, as the cache demands. */
function sizeOf(outcome: StoredOutcome): number {
  return Math.max(1, Buffer.byteLength(JSON.stringify(outcome)));
}
