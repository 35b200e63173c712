import type { ClientRequest } from "node:http";
import { Readable } from "node:stream";
import axios, { type AxiosInstance, type AxiosResponse } from "axios";
import {
  type Clock,
  errorFromBody,
  newRequestId,
  type SandboxError,
  sandboxError,
  systemClock,
} from "@sandbox-system/contract";
import { connections } from "./connections.js";
import { RequestGuard } from "./request-guard.js";
import { retryAfterSeconds } from "./retry-after.js";
import type { ServerAnswer, ServerRequest } from "./server-request.js";
import { neverSent, type Progress, transportError } from "./transport-faults.js";

/** What a transport is told. */
export interface TransportOptions {
  /** Without a trailing slash. */
  readonly serverUrl: string;
  readonly apiKey: string | undefined;
  readonly requestTimeoutMs: number;
  readonly useEnvironmentProxy: boolean;
  readonly clock?: Clock | undefined;
  /** Waits between two attempts to connect, milliseconds; tests give shorter ones. */
  readonly reconnectDelaysMs?: readonly number[] | undefined;
}

/** A server that restarts is back within a moment; one that is still away after these waits is better reported. */
const RECONNECT_DELAYS_MS = [100, 400] as const;

/** The longest error body that is read, bytes: ours are under 10 KB, a proxy's page says nothing that is kept. */
const MAX_ERROR_BODY_BYTES = 262_144;

/** The shape of the schemas that answers are read by. */
export interface AnswerSchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error };
}

/**
 * Sends requests over the process's shared connections and turns everything that can go wrong into a `SandboxError`: error answers into the
 * error that the server threw, lost connections by the table of {@link transportError}. A request that could not be sent at all is
 * tried a few times more; one that was sent never is.
 */
export class HttpTransport {
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #http: AxiosInstance;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#http = axios.create({
      ...connections,
      ...(options.useEnvironmentProxy ? {} : { proxy: false }),
      adapter: "http",
      // A redirect would send the key and a command elsewhere, or a POST as a GET.
      maxRedirects: 0,
      responseType: "stream",
      // Files come byte for byte, and lengths mean what they say.
      decompress: false,
      validateStatus: () => true,
      headers: {
        "Accept-Encoding": "identity",
        "User-Agent": "sandbox-system-client",
        ...(options.apiKey === undefined ? {} : { Authorization: `Bearer ${options.apiKey}` }),
      },
    });
  }

  /** Sends a request and resolves with a 2xx answer as soon as its headers are there. */
  async open(request: ServerRequest): Promise<ServerAnswer> {
    const delays = [...(this.#options.reconnectDelaysMs ?? RECONNECT_DELAYS_MS)];
    for (;;) {
      try {
        return await this.#attempt(request);
      } catch (error) {
        const delay = delays.shift();
        if (delay === undefined || !(error instanceof NotSent) || request.body instanceof Readable)
          throw error instanceof NotSent ? error.reported : error;
        await pause(delay);
      }
    }
  }

  /** Sends a request and reads the answer by a schema. */
  async json<T>(request: ServerRequest, schema: AnswerSchema<T>): Promise<T> {
    const answer = await this.open(request);
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    const parsed = schema.safeParse(parseJson(Buffer.concat(chunks)));
    if (parsed.success) return parsed.data;
    throw sandboxError(
      "INTERNAL_ERROR",
      `The answer of ${this.#options.serverUrl} is not one of a sandbox server. Check serverUrl.`,
      { requestId: answer.requestId, cause: parsed.error },
    );
  }

  /** Sends a request whose answer has nothing to read. */
  async done(request: ServerRequest): Promise<void> {
    const answer = await this.open(request);
    while ((await answer.body.next()).done !== true) {
      // There is nothing in it that matters.
    }
  }

  async #attempt(request: ServerRequest): Promise<ServerAnswer> {
    const { serverUrl, requestTimeoutMs } = this.#options;
    const requestId = newRequestId();
    const guard = new RequestGuard({
      clock: this.#clock,
      idleMs: request.idleMs ?? requestTimeoutMs,
      signal: request.signal,
    });
    const failed = (progress: Progress, cause: unknown): SandboxError => {
      const { verdict } = guard;
      const { repetition } = request;
      return transportError({ progress, repetition, verdict, serverUrl, requestId, cause });
    };
    let response: AxiosResponse<Readable>;
    try {
      response = await this.#http.request({
        method: request.method,
        url: serverUrl + request.path,
        headers: { ...request.headers, "X-Request-Id": requestId },
        data: request.body instanceof Readable ? watched(request.body, guard) : request.body,
        signal: guard.signal,
      });
    } catch (cause) {
      guard.release();
      const unsent = neverSent(cause) || isUnconnected(cause);
      const error = failed(unsent ? "not-sent" : "sent", cause);
      throw unsent && guard.verdict === undefined ? new NotSent(error) : error;
    }
    guard.progress();
    const body = bodyOf(response, guard, (cause) => failed("answering", cause));
    if (response.status >= 200 && response.status < 300) {
      return { headers: response.headers, requestId, body };
    }
    throw errorFromBody(await readErrorBody(body), {
      status: response.status,
      retryAfterSeconds: retryAfterSeconds(response.headers["retry-after"], this.#clock.now()),
    });
  }
}

/** The request did not leave, so it may be tried again; `reported` is what the caller is told in the end. */
class NotSent extends Error {
  constructor(readonly reported: SandboxError) {
    super(reported.message);
  }
}

async function* bodyOf(
  response: AxiosResponse<Readable>,
  guard: RequestGuard,
  failed: (cause: unknown) => SandboxError,
): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of response.data as AsyncIterable<Buffer>) {
      // The reader may take its time.
      guard.suspend();
      yield chunk;
      guard.progress();
    }
  } catch (cause) {
    throw failed(cause);
  } finally {
    guard.release();
    // An answer that came before the request was sent whole (413): the rest of it is not wanted.
    const request = response.request as ClientRequest;
    if (!request.writableFinished) request.destroy();
  }
}

/** The upload, with the wait for progress running only while the next piece is up to the server. */
function watched(content: Readable, guard: RequestGuard): Readable {
  async function* relay(): AsyncGenerator {
    guard.suspend();
    for await (const chunk of content) {
      guard.progress();
      yield chunk;
      guard.suspend();
    }
    guard.progress();
  }
  return Readable.from(relay(), { objectMode: false });
}

async function readErrorBody(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_ERROR_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // The status has been told, which decides; the sentence got lost.
    return undefined;
  }
  return parseJson(Buffer.concat(chunks));
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Whether the connection was still being made when this side gave up. */
function isUnconnected(error: unknown): boolean {
  if (!axios.isAxiosError(error)) return false;
  const request = error.request as ClientRequest | undefined;
  return request === undefined || request.socket === null || request.socket.connecting;
}

/** Keeps the process alive meanwhile: its caller waits. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
