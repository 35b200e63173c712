import type { Readable } from "node:stream";
import type { Repetition } from "./transport-faults.js";

/** One request to the server. */
export interface ServerRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the server's URL, with a leading slash, percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A stream can be sent only once, so its request is not tried again. */
  readonly body?: Buffer | Readable | undefined;
  readonly repetition: Repetition;
  /** Milliseconds without progress after which it is given up; default: the client's request timeout. */
  readonly idleMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A JSON body with its header. */
export function jsonBody(value: unknown): Required<Pick<ServerRequest, "headers" | "body">> {
  return {
    headers: { "Content-Type": "application/json" },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** A successful answer, its body still on the way. */
export interface ServerAnswer {
  readonly headers: Readonly<Record<string, unknown>>;
  /** The id under which the server logged the request. */
  readonly requestId: string;
  /**
   * The body; read once and to its end, or left early, which closes the connection. Fails with a `SandboxError` when the
   * transfer breaks.
   */
  readonly body: AsyncGenerator<Buffer, void, void>;
}
