import { z } from "zod";
import { isErrorCode, type ErrorCode } from "./error-codes.js";
import type { SandboxError } from "./sandbox-error.js";
import { sandboxError } from "./specific-errors.js";

/** The body of every answer that is not a success. */
export const errorBodySchema = z.object({
  error: z.string().describe("A sentence that a person can act on"),
  code: z.string().describe("Stable code; docs/ERRORS.md lists them"),
  details: z.record(z.string(), z.unknown()).optional(),
  request_id: z.string(),
});

/** {@link errorBodySchema} as a type. */
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** The wire form of an error, for the request that met it. */
export function errorToBody(error: SandboxError, requestId: string): ErrorBody {
  const hasDetails = Object.keys(error.details).length > 0;
  return {
    error: error.message,
    code: error.code,
    ...(hasDetails ? { details: { ...error.details } } : {}),
    request_id: requestId,
  };
}

/** What else an HTTP answer tells about an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * Reads an error answer back into the error that the server threw. Never throws: a body of another shape (a proxy's HTML
 * page) becomes `INTERNAL_ERROR` for 5xx and `INVALID_REQUEST` otherwise, and names the status.
 */
export function errorFromBody(body: unknown, answer: ErrorAnswer): SandboxError {
  const parsed = errorBodySchema.safeParse(body);
  const retryAfterSeconds = answer.retryAfterSeconds;
  if (!parsed.success || !isErrorCode(parsed.data.code)) {
    const code: ErrorCode = answer.status >= 500 ? "INTERNAL_ERROR" : "INVALID_REQUEST";
    const said = parsed.success ? `: ${parsed.data.error}` : " without an error body";
    return sandboxError(code, `The server answered ${String(answer.status)}${said}`, {
      retryAfterSeconds,
      details: { status: answer.status },
    });
  }
  const { error, code, details, request_id: requestId } = parsed.data;
  return sandboxError(code, error, { details, requestId, retryAfterSeconds });
}
