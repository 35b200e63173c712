import { type SandboxError, sandboxError } from "@sandbox-system/contract";
import type { GuardVerdict } from "./request-guard.js";

/**
 * What may be done about a request whose answer was lost.
 *
 * - `repeatable`: sent twice it comes to the same as sent once, so the caller may send it again.
 * - `once`: it may have been carried out; nobody may send it again without looking first.
 */
export type Repetition = "repeatable" | "once";

/** How far a request came before it failed. */
export type Progress = "not-sent" | "sent" | "answering";

/** A request that got no whole answer. */
export interface TransportFault {
  readonly progress: Progress;
  readonly repetition: Repetition;
  /** Set when this side ended the request. */
  readonly verdict: GuardVerdict | undefined;
  readonly serverUrl: string;
  readonly requestId: string;
  readonly cause: unknown;
}

/**
 * The error of a request that got no whole answer:
 *
 * | ended by | never sent | sent, repeatable | sent, once |
 * | --- | --- | --- | --- |
 * | the caller's signal | OPERATION_ABORTED | OPERATION_ABORTED | OPERATION_ABORTED |
 * | no progress, or the connection | SERVER_UNREACHABLE | SERVER_UNREACHABLE | OPERATION_INTERRUPTED, `admitted: "unknown"` |
 */
export function transportError(fault: TransportFault): SandboxError {
  const { progress, repetition, verdict, serverUrl, requestId, cause } = fault;
  if (verdict === "aborted") {
    return sandboxError("OPERATION_ABORTED", "The request was aborted.", { requestId, cause });
  }
  const reason = verdict === "timed-out" ? "it did not answer in time" : reasonOf(cause);
  if (progress === "not-sent") {
    return sandboxError(
      "SERVER_UNREACHABLE",
      `Cannot reach the sandbox server at ${serverUrl}: ${reason}. Check that it runs and that serverUrl is right.`,
      { requestId, cause },
    );
  }
  if (repetition === "repeatable") {
    return sandboxError(
      "SERVER_UNREACHABLE",
      `Lost the sandbox server at ${serverUrl}: ${reason}. The request may be sent again.`,
      { requestId, cause },
    );
  }
  return sandboxError(
    "OPERATION_INTERRUPTED",
    `Lost the sandbox server at ${serverUrl}: ${reason}. Whether the operation was carried out is unknown; it is not repeated.`,
    { requestId, cause, details: { admitted: "unknown" } },
  );
}

/** System calls that come before the first byte of a request. */
const BEFORE_SENDING: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

/** Codes of TLS handshakes that this side refuses to complete. */
const HANDSHAKE_REFUSED = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** Whether a transport's failure came before any byte of the request could leave. */
export function neverSent(error: unknown): boolean {
  return causes(error).some(
    ({ syscall, code }) =>
      BEFORE_SENDING.has(syscall) || (typeof code === "string" && HANDSHAKE_REFUSED.test(code)),
  );
}

function reasonOf(error: unknown): string {
  const last = causes(error).findLast(({ message }) => typeof message === "string" && message);
  return typeof last?.message === "string" ? last.message : "the connection was lost";
}

interface SystemFault {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** An error, its causes, and the attempts that an AggregateError (one address after the other) is made of. */
function causes(error: unknown, depth = 0): SystemFault[] {
  if (typeof error !== "object" || error === null || depth > 5) return [];
  const fault: SystemFault = error;
  const parts: unknown[] = Array.isArray(fault.errors) ? fault.errors : [];
  return [fault, ...[fault.cause, ...parts].flatMap((cause) => causes(cause, depth + 1))];
}
