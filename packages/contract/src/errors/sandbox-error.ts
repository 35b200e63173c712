import { ERROR_CODES, type ErrorCode } from "./error-codes.js";

/** What an error says beside its code and its sentence. */
export interface SandboxErrorOptions {
  /** Facts for programs, in wire form (snake_case keys); shown to the caller, so never secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The id of the request that failed, to find it in the server's log. */
  readonly requestId?: string | undefined;
  /** How long to wait before trying again, seconds; sent as `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
  /** The fault behind this one; logged, never sent. */
  readonly cause?: unknown;
}

/**
 * The one error of the system: thrown by the engine room, carried over the wire, thrown again by the SDK, alike in both modes.
 * `message` is a sentence that a person can act on. Match on `code`, across packages never on the class.
 */
export class SandboxError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: SandboxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    this.requestId = options.requestId;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** HTTP status of the code; `undefined` for codes that only the SDK raises. */
  get status(): number | undefined {
    return ERROR_CODES[this.code].status ?? undefined;
  }

  /** Whether the same call may be made again later: the error says that nothing was done. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
