import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import {
  type Clock,
  errorFromBody,
  type SandboxError,
  sandboxError,
  TENANT_HEADER,
} from "@sandbox-system/contract";
import { HeadLimit, orAborted } from "./abortable.js";
import { parseJson, readText } from "./answer-body.js";
import type { ClusterToken } from "@sandbox-system/cluster";
import { noteStart, type Sending } from "./note-start.js";
import { BODY_SILENCE_MS, CONNECT_MS, IDLE_CONNECTION_MS } from "./time-limits.js";
import { WorkerCallFailed } from "./worker-call-failed.js";

/** One request to a worker. */
export interface WorkerRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** With a leading slash, percent-encoded. */
  readonly path: string;
  /** On whose behalf. */
  readonly tenant: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A stream is asked for anew for each sending; undefined: it cannot be had again. */
  readonly body?: Buffer | (() => Readable | undefined) | undefined;
  /** Milliseconds within which the head of the answer must have come; undefined: as long as it takes. */
  readonly headMs: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer, its body still on the way: to be read to its end or destroyed. */
export interface WorkerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** What a transport is made of. */
export interface TransportOptions {
  /** Where the worker is, without a trailing slash. */
  readonly url: string;
  readonly token: ClusterToken;
  readonly clock: Clock;
  /** Id of the request that is being served, for the worker's log. */
  readonly requestId?: (() => string | undefined) | undefined;
}

/** Connections to one worker at most; what goes beyond waits for one to be free. Long commands hold one each. */
const MAX_CONNECTIONS = 2048;

/** Requests to one worker over kept connections. Says of every failure whether anything had left, and reads error answers. */
export class WorkerTransport {
  readonly #options: TransportOptions;
  readonly #pool: Pool;
  readonly #dispatcher: Dispatcher;
  readonly #basePath: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#basePath = pathname.replace(/\/+$/, "");
    this.#pool = new Pool(origin, {
      connections: MAX_CONNECTIONS,
      connect: { timeout: CONNECT_MS },
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // Heads are bounded by the clock, request by request.
      headersTimeout: 0,
      bodyTimeout: BODY_SILENCE_MS,
    });
    this.#dispatcher = this.#pool.compose(noteStart);
  }

  get url(): string {
    return this.#options.url;
  }

  /**
   * Sends a request and resolves with its answer, whatever its status is, except 401: then the token is asked for anew and the request sent
   * once more. Rejects with {@link WorkerCallFailed}, with `WORKER_UNREACHABLE` when the worker does not take the token.
   */
  async send(request: WorkerRequest): Promise<WorkerAnswer> {
    const { token } = this.#options;
    const first = await this.#sendAs(request, await token.current(), bodyOf(request));
    if (first.status !== 401) return first;
    first.body.destroy();
    const fresh = await token.refresh();
    const body = bodyOf(request);
    if (body === undefined && request.body !== undefined) throw this.#tokenRefused();
    const second = await this.#sendAs(request, fresh, body);
    if (second.status !== 401) return second;
    second.body.destroy();
    throw this.#tokenRefused();
  }

  /** Like {@link send}, and rejects with the worker's own error for an answer that is none of success. */
  async open(request: WorkerRequest): Promise<WorkerAnswer> {
    const answer = await this.send(request);
    if (answer.status < 400) return answer;
    throw await this.errorOf(answer);
  }

  /** Reads an error answer. */
  async errorOf({ status, headers, body }: WorkerAnswer): Promise<SandboxError> {
    const retryAfter = Number(headers["retry-after"] ?? Number.NaN);
    return errorFromBody(parseJson(await readText(body).catch(() => "")), {
      status,
      retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter,
    });
  }

  /** The failure of a call whose answer broke off. */
  brokenOff(cause: unknown, signal?: AbortSignal): WorkerCallFailed {
    const reason = signal?.aborted === true ? "aborted" : "connection";
    return new WorkerCallFailed(this.url, { progress: "sent", reason, cause });
  }

  /** Takes no more requests, and closes connections as the last of them end. */
  async retire(): Promise<void> {
    if (!this.#pool.closed) await this.#pool.close();
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    if (!this.#pool.destroyed) await this.#pool.destroy();
  }

  async #sendAs(
    request: WorkerRequest,
    token: string,
    body: Buffer | Readable | undefined,
  ): Promise<WorkerAnswer> {
    const { method, path, signal, headMs } = request;
    const sending: Sending = { started: false };
    const limit = new HeadLimit(this.#options.clock, headMs);
    const ended = AbortSignal.any([limit.signal, ...(signal === undefined ? [] : [signal])]);
    const answer = this.#dispatcher.request({
      method,
      path: this.#basePath + path,
      headers: this.#headers(request, token),
      body: body ?? null,
      signal: ended,
      opaque: sending,
    });
    // The library rejects an aborted request only once it has a connection; nobody waits for that here.
    answer.catch(() => undefined);
    try {
      const { statusCode, headers, body: content } = await orAborted(answer, ended);
      // Whoever reads it learns of its end; one that breaks before is nobody's unhandled error.
      content.on("error", () => undefined);
      return { status: statusCode, headers, body: content };
    } catch (cause) {
      const aborted = signal?.aborted === true ? "aborted" : "connection";
      throw new WorkerCallFailed(this.url, {
        progress: sending.started ? "sent" : "not-sent",
        reason: limit.passed ? "timed-out" : aborted,
        cause,
      });
    } finally {
      limit.cancel();
    }
  }

  #headers({ tenant, headers }: WorkerRequest, token: string): Record<string, string> {
    const requestId = this.#options.requestId?.();
    return {
      authorization: `Bearer ${token}`,
      [TENANT_HEADER]: tenant,
      ...(requestId === undefined ? {} : { "x-request-id": requestId }),
      ...headers,
    };
  }

  #tokenRefused(): SandboxError {
    return sandboxError(
      "WORKER_UNREACHABLE",
      `The worker at ${this.url} does not take this cluster's token. Give all processes the same CLUSTER_TOKEN.`,
      { retryAfterSeconds: 1 },
    );
  }
}

function bodyOf({ body }: WorkerRequest): Buffer | Readable | undefined {
  return typeof body === "function" ? body() : body;
}
