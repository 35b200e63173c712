import { createHash } from "node:crypto";
import { sandboxError } from "@sandbox-system/contract";
import type { Exchange } from "../../http/route.js";
import type { IdempotencyEntry } from "@sandbox-system/contract";

/** Characters of an Idempotency-Key at most; a UUID has 36. */
const MAX_KEY_LENGTH = 255;

/** For the API's description. */
export const IDEMPOTENCY_HEADER = {
  "Idempotency-Key":
    "A name for this call, 1 to 255 visible ASCII characters. The same key with the same body within 24 hours never runs twice: it waits " +
    "for, or gets, what the first came to, marked with Idempotency-Replayed: true. With another body it is refused (409).",
} as const;

/**
 * The entry of a request that carries an `Idempotency-Key`; undefined without one. `body` is the request after its checks, so that
 * spelling and order of JSON do not matter.
 * @throws SandboxError INVALID_REQUEST for a malformed key.
 */
export function idempotencyEntry(
  { req, tenant }: Exchange,
  scope: string,
  body: unknown,
): IdempotencyEntry | undefined {
  const key = req.get("idempotency-key");
  if (key === undefined) return undefined;
  if (key.length > MAX_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key)) {
    throw sandboxError(
      "INVALID_REQUEST",
      `The Idempotency-Key must be 1 to ${String(MAX_KEY_LENGTH)} visible ASCII characters.`,
    );
  }
  return { tenant, scope, key, fingerprint: fingerprintOf(body) };
}

function fingerprintOf(body: unknown): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}
