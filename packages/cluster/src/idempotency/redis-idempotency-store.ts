import {
  type CallOutcome,
  type IdempotencyEntry,
  type IdempotencyStore,
  type IdempotentOutcome,
  type Logger,
  type StoredOutcome,
} from "@sandbox-system/contract";
import { z } from "zod";
import type { RedisLink } from "../redis/redis-link.js";
import { begunFrom } from "../redis/script-answers.js";

/** A day: retries come within seconds, jobs that are run again within hours. */
const KEPT_MS = 24 * 3_600_000;

/** Larger outcomes are not kept: a session's description has a few kilobytes, and Redis's memory is shared. */
const MAX_OUTCOME_BYTES = 256 * 1024;

const outcomeSchema: z.ZodType<StoredOutcome> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("answer"), body: z.unknown() }),
  z.object({
    kind: z.literal("error"),
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
]);

/**
 * Outcomes that all coordinators share, for calls that are idempotent by nature: creating the session of a thread, which joins the one that there is.
 *
 * Two callers of one key at the same time both make the call. That is harmless just because the call is a join: both get the same session. So nobody
 * waits for somebody else's call, and a coordinator that dies in the middle of one blocks nobody. Calls that must not be made twice (running a command) need
 * the store of the worker that makes them.
 */
export class RedisIdempotencyStore implements IdempotencyStore {
  readonly #link: RedisLink;
  readonly #logger: Logger;

  constructor(link: RedisLink, logger: Logger) {
    this.#link = link;
    this.#logger = logger;
  }

  /** Rejects with `IDEMPOTENCY_CONFLICT`, and with `REGISTRY_UNAVAILABLE` when nobody can be asked; then the call has not been made. */
  async once(
    entry: IdempotencyEntry,
    call: () => Promise<CallOutcome>,
  ): Promise<IdempotentOutcome> {
    const key = this.#link.keys.idempotency(entry);
    const begun = begunFrom(
      await this.#link.script("idempotency-begin", [key], [entry.fingerprint, KEPT_MS]),
    );
    const earlier = begun === undefined ? undefined : outcomeFrom(begun);
    if (earlier !== undefined) return { outcome: earlier, replayed: true };
    const { outcome, keep } = await call();
    await this.#settle(key, entry.fingerprint, keep ? JSON.stringify(outcome) : "");
    return { outcome, replayed: false };
  }

  /** The call has been made: whatever happens here, its caller gets the outcome. */
  async #settle(key: string, fingerprint: string, outcome: string): Promise<void> {
    const kept = Buffer.byteLength(outcome) <= MAX_OUTCOME_BYTES ? outcome : "";
    try {
      await this.#link.script("idempotency-settle", [key], [fingerprint, KEPT_MS, kept]);
    } catch (error) {
      this.#logger.warn("idempotency.settle", { outcome: "error", error });
    }
  }
}

/** undefined: of another version of this program; the call is made again, which is harmless. */
function outcomeFrom(json: string): StoredOutcome | undefined {
  return outcomeSchema.safeParse(JSON.parse(json)).data;
}
