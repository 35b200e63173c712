import type { IdempotencyEntry } from "../idempotency/idempotency-store.js";
import type { ExecRequest } from "../sandbox-api.js";

/** A checked exec request on its way. */
export interface ExecCall {
  readonly sessionId: string;
  /** Present when the caller sent an Idempotency-Key. */
  readonly entry: IdempotencyEntry | undefined;
  readonly request: ExecRequest;
}
