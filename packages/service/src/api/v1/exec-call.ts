import type { ExecRequest } from "@sandbox-system/contract";
import type { IdempotencyEntry } from "@sandbox-system/contract";

/** A checked exec request on its way. */
export interface ExecCall {
  readonly sessionId: string;
  /** Present when the caller sent an Idempotency-Key. */
  readonly entry: IdempotencyEntry | undefined;
  readonly request: ExecRequest;
}
