import { Readable } from "node:stream";
import {
  type Clock,
  type ExecResult,
  execResultFromBody,
  execResultSchema,
  type FileListing,
  fileListingFromBody,
  fileListingSchema,
  sandboxError,
  sessionFromBody,
  type SessionInfo,
  sessionListSchema,
  sessionSchema,
  systemClock,
  type UploadResult,
  uploadResultFromBody,
  uploadResultSchema,
  type SessionRequest,
} from "@sandbox-system/contract";
import type {
  BackendCommand,
  BackendDownload,
  BackendHooks,
  SandboxBackend,
} from "../backend/sandbox-backend.js";
import { OutputCollector } from "../command/output-text.js";
import type { RemoteModeOptions } from "../options.js";
import { readExecStream } from "./exec-stream.js";
import { HttpTransport } from "./http-transport.js";
import { routes } from "./routes.js";
import { jsonBody, type ServerRequest } from "./server-request.js";
import { ServerPolicy } from "./server-policy.js";

/** Seconds without progress after which a request is given up, unless the client was told otherwise. */
const DEFAULT_REQUEST_TIMEOUT_SECONDS = 60;

/**
 * Commands that may run longer than this are streamed, seconds, even when nobody listens: the server's keep-alive comments hold
 * connections that load balancers would close after a minute of silence.
 */
const SILENCE_LIMIT_SECONDS = 45;

/** Least patience with a silent stream, milliseconds: three of the server's keep-alive comments, sent every 15 s. */
const MIN_STREAM_IDLE_MS = 45_000;

/** What a test may replace. */
export interface HttpBackendAdapters {
  readonly clock?: Clock | undefined;
  readonly reconnectDelaysMs?: readonly number[] | undefined;
}

/**
 * The backend of remote mode: HTTP to a worker or a coordinator.
 * @throws SandboxError `INVALID_REQUEST` when the server's URL is missing or is not one.
 */
export function createHttpBackend(
  options: RemoteModeOptions,
  { clock = systemClock, reconnectDelaysMs }: HttpBackendAdapters = {},
): SandboxBackend {
  const { apiKey, requestTimeoutSeconds = DEFAULT_REQUEST_TIMEOUT_SECONDS } = options;
  const requestTimeoutMs = requestTimeoutSeconds * 1000;
  const transport = new HttpTransport({
    serverUrl: normalizedUrl(options.serverUrl),
    apiKey,
    requestTimeoutMs,
    useEnvironmentProxy: options.useEnvironmentProxy ?? false,
    clock,
    reconnectDelaysMs,
  });
  return new HttpBackend(transport, new ServerPolicy(transport, clock), requestTimeoutMs);
}

class HttpBackend implements SandboxBackend {
  readonly #transport: HttpTransport;
  readonly #policy: ServerPolicy;
  readonly #requestTimeoutMs: number;

  constructor(transport: HttpTransport, policy: ServerPolicy, requestTimeoutMs: number) {
    this.#transport = transport;
    this.#policy = policy;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  async getOrCreateSession(request: SessionRequest): Promise<SessionInfo> {
    const body = {
      user_id: request.userId,
      thread_id: request.threadId,
      timeout_minutes: request.timeoutMinutes,
      env: request.env,
      metadata: request.metadata,
    };
    const [session] = await Promise.all([
      this.#transport.json(
        { method: "POST", path: routes.sessions, repetition: "repeatable", ...jsonBody(body) },
        sessionSchema,
      ),
      this.#policy.refresh(),
    ]);
    return sessionFromBody(session);
  }

  async findSession(threadId: string): Promise<SessionInfo | undefined> {
    const { sessions } = await this.#transport.json(
      { method: "GET", path: routes.sessionsOfThread(threadId), repetition: "repeatable" },
      sessionListSchema,
    );
    const [found] = sessions;
    return found === undefined ? undefined : sessionFromBody(found);
  }

  async endSession(sessionId: string): Promise<void> {
    await this.#transport.done({
      method: "DELETE",
      path: routes.session(sessionId),
      repetition: "repeatable",
    });
  }

  async execute(
    sessionId: string,
    command: BackendCommand,
    hooks: BackendHooks,
  ): Promise<ExecResult> {
    this.#policy.check(command.body.command);
    const { idempotencyKey, body } = command;
    const { headers, body: bytes } = jsonBody(body);
    const key = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    const request: ServerRequest = {
      method: "POST",
      path: routes.exec(sessionId),
      headers: { ...headers, ...key },
      body: bytes,
      repetition: "once",
      signal: hooks.signal,
    };
    if (isStreamed(command, hooks)) return this.#executeStreamed(request, command, hooks);
    const idleMs = body.timeout * 1000 + this.#requestTimeoutMs;
    return execResultFromBody(await this.#transport.json({ ...request, idleMs }, execResultSchema));
  }

  async listFiles(sessionId: string): Promise<FileListing> {
    const request: ServerRequest = {
      method: "GET",
      path: routes.files(sessionId),
      repetition: "repeatable",
    };
    return fileListingFromBody(await this.#transport.json(request, fileListingSchema));
  }

  async readFile(sessionId: string, path: string): Promise<BackendDownload> {
    const answer = await this.#transport.open({
      method: "GET",
      path: routes.file(sessionId, path),
      headers: { Accept: "application/octet-stream" },
      repetition: "repeatable",
    });
    return {
      sizeBytes: Number(answer.headers["content-length"]),
      content: Readable.from(answer.body, { objectMode: false }),
    };
  }

  async writeFile(
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    sizeBytes: number | undefined,
  ): Promise<UploadResult> {
    const length = sizeBytes === undefined ? {} : { "Content-Length": String(sizeBytes) };
    const request: ServerRequest = {
      method: "PUT",
      path: routes.file(sessionId, path),
      headers: { "Content-Type": "application/octet-stream", ...length },
      body: content instanceof Readable ? content : bufferOf(content),
      repetition: "once",
    };
    return uploadResultFromBody(await this.#transport.json(request, uploadResultSchema));
  }

  async removeFile(sessionId: string, path: string): Promise<void> {
    await this.#transport.done({
      method: "DELETE",
      path: routes.file(sessionId, path),
      repetition: "once",
    });
  }

  /** The connections belong to the process, and idle ones close by themselves. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #executeStreamed(
    request: ServerRequest,
    { body }: BackendCommand,
    { onStdout, onStderr }: BackendHooks,
  ): Promise<ExecResult> {
    const answer = await this.#transport.open({
      ...request,
      headers: { ...request.headers, Accept: "text/event-stream" },
      idleMs: Math.max(this.#requestTimeoutMs, MIN_STREAM_IDLE_MS),
    });
    const stdout = new OutputCollector();
    const stderr = new OutputCollector();
    const exit = await readExecStream(answer.body, {
      onStdout: onStdout ?? stdout.add,
      onStderr: onStderr ?? stderr.add,
    });
    return { ...exit, stdout: stdout.text(body.encoding), stderr: stderr.text(body.encoding) };
  }
}

/**
 * Whether a command's output comes as it is printed. A command that can be aborted is streamed as well: leaving a stream kills it. One with an
 * idempotency key is not streamed for its length alone: unstreamed it runs on when the connection breaks, and its result can be had.
 */
function isStreamed({ body, idempotencyKey }: BackendCommand, hooks: BackendHooks): boolean {
  const { onStdout, onStderr, signal } = hooks;
  if (onStdout !== undefined || onStderr !== undefined || signal !== undefined) return true;
  return idempotencyKey === undefined && body.timeout > SILENCE_LIMIT_SECONDS;
}

function normalizedUrl(serverUrl: unknown): string {
  const url = typeof serverUrl === "string" && URL.canParse(serverUrl) ? new URL(serverUrl) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw sandboxError(
      "INVALID_REQUEST",
      'Remote mode needs serverUrl, an http:// or https:// URL such as "http://localhost:5000".',
      { details: { server_url: serverUrl } },
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
