import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import {
  type ByteRange,
  type ExecResult,
  type FileDownload,
  type FileEntry,
  type FileListing,
  fileListingFromBody,
  fileListingSchema,
  type PolicyBody,
  policyBodySchema,
  sessionFromBody,
  type SessionInfo,
  sessionListSchema,
  type SessionPage,
  type SessionQuery,
  type SessionRequest,
  sessionSchema,
  type UploadResult,
  uploadResultFromBody,
  uploadResultSchema,
} from "@sandbox-system/contract";
import { contentLength, fileFromHeaders } from "./file-headers.js";
import { type CommandCall, runCommand } from "./run-command.js";
import { ANSWER_MS, CONTROL_MS, END_SESSION_MS, OPEN_SESSION_MS } from "./time-limits.js";
import { onlyWorkerOf } from "./worker-list.js";
import { workerPaths } from "./worker-paths.js";
import { type TransportOptions, type WorkerRequest, WorkerTransport } from "./worker-transport.js";

/** On whose behalf a call is made, and what gives it up. */
export interface CallScope {
  readonly tenant: string;
  readonly signal?: AbortSignal | undefined;
}

/** A call about a session. */
export interface SessionScope extends CallScope {
  readonly sessionId: string;
}

/** A call about a file of a session. */
export interface FileScope extends SessionScope {
  /** As the API takes it. */
  readonly path: string;
}

/** Which session exactly a worker shall open. */
export interface SessionPlace {
  readonly sessionId: string;
  readonly generation: number;
  /** false: only if it is there. */
  readonly create: boolean;
}

/** What is uploaded. */
export interface UploadSource {
  /** The content from its beginning; undefined: it cannot be had again. */
  readonly open: () => Readable | undefined;
  readonly sizeBytes: number | undefined;
}

/** Tenant of calls that are about no tenant's data. */
const NOBODY = "default";

/**
 * The API of one worker. Every method rejects with the worker's own `SandboxError`, or with `WorkerCallFailed` when there was no
 * whole answer.
 */
export class WorkerClient {
  readonly #transport: WorkerTransport;

  constructor(options: TransportOptions) {
    this.#transport = new WorkerTransport(options);
  }

  get url(): string {
    return this.#transport.url;
  }

  /** Makes the session of exactly this id and generation, or finds it there. */
  async openSession(
    { tenant, signal }: CallScope,
    request: SessionRequest,
    { sessionId, generation, create }: SessionPlace,
  ): Promise<SessionInfo> {
    const body = {
      user_id: request.userId,
      thread_id: request.threadId,
      timeout_minutes: request.timeoutMinutes,
      env: request.env,
      metadata: request.metadata,
      generation,
      create,
    };
    const path = workerPaths.openSession(sessionId);
    const session = await this.#json(
      {
        method: "PUT",
        path,
        tenant,
        signal,
        headMs: OPEN_SESSION_MS,
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(body)),
      },
      sessionSchema,
    );
    return sessionFromBody(session);
  }

  async getSession({ tenant, sessionId, signal }: SessionScope): Promise<SessionInfo> {
    const path = workerPaths.session(sessionId);
    const request = { method: "GET", path, tenant, signal, headMs: CONTROL_MS } as const;
    return sessionFromBody(await this.#json(request, sessionSchema));
  }

  async listSessions({ tenant, signal }: CallScope, query: SessionQuery): Promise<SessionPage> {
    const parameters = new URLSearchParams({
      ...(query.threadId === undefined ? {} : { thread_id: query.threadId }),
      ...(query.userId === undefined ? {} : { user_id: query.userId }),
      ...(query.limit === undefined ? {} : { limit: String(query.limit) }),
      ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    });
    const path = `${workerPaths.sessions}?${parameters.toString()}`;
    const request = { method: "GET", path, tenant, signal, headMs: CONTROL_MS } as const;
    const page = await this.#json(request, sessionListSchema);
    return { sessions: page.sessions.map(sessionFromBody), nextCursor: page.next_cursor };
  }

  async endSession({ tenant, sessionId, signal }: SessionScope): Promise<void> {
    const path = workerPaths.session(sessionId);
    await this.#done({ method: "DELETE", path, tenant, signal, headMs: END_SESSION_MS });
  }

  /** See {@link runCommand}. */
  execute(call: CommandCall): Promise<ExecResult> {
    return runCommand(this.#transport, call);
  }

  async listFiles({ tenant, sessionId, signal }: SessionScope): Promise<FileListing> {
    const path = workerPaths.files(sessionId);
    const request = { method: "GET", path, tenant, signal, headMs: ANSWER_MS } as const;
    return fileListingFromBody(await this.#json(request, fileListingSchema));
  }

  /** An answer to HEAD has no body to say what is wrong, so one that is an error is asked for again with a body. */
  async statFile(scope: FileScope): Promise<FileEntry> {
    const request = fileRequest(scope, "HEAD");
    const answer = await this.#transport.send(request);
    answer.body.destroy();
    if (answer.status < 400) return fileFromHeaders(scope.path, answer.headers);
    const { entry, content } = await this.readFile(scope);
    content.destroy();
    return entry;
  }

  /** Resolves when the head is there; the bytes are the connection's own. */
  async readFile(scope: FileScope, range?: ByteRange): Promise<FileDownload> {
    const { start = 0, end } = range ?? {};
    const wanted = `bytes=${String(start)}-${end === undefined ? "" : String(end)}`;
    const answer = await this.#transport.open({
      ...fileRequest(scope, "GET"),
      headers: range === undefined ? {} : { range: wanted },
    });
    return {
      entry: fileFromHeaders(scope.path, answer.headers),
      contentLength: contentLength(answer.headers),
      content: answer.body,
    };
  }

  /** The content is not touched before there is a connection. Takes as long as the content does. */
  async writeFile(scope: FileScope, { open, sizeBytes }: UploadSource): Promise<UploadResult> {
    const length = sizeBytes === undefined ? {} : { "content-length": String(sizeBytes) };
    const result = await this.#json(
      {
        ...fileRequest(scope, "PUT"),
        headers: { "content-type": "application/octet-stream", ...length },
        body: open,
        headMs: undefined,
      },
      uploadResultSchema,
    );
    return uploadResultFromBody(result);
  }

  async removeFile(scope: FileScope): Promise<void> {
    await this.#done(fileRequest(scope, "DELETE"));
  }

  /** The command policy that the worker decides by. */
  policy(signal?: AbortSignal): Promise<PolicyBody> {
    const path = workerPaths.policy;
    const request = { method: "GET", path, tenant: NOBODY, signal, headMs: CONTROL_MS } as const;
    return this.#json(request, policyBodySchema);
  }

  /** Takes the worker out of service. Rejects with `WORKER_NOT_FOUND` when it goes by another name. */
  async drain(workerId: string): Promise<void> {
    const path = workerPaths.drain(workerId);
    await this.#done({ method: "POST", path, tenant: NOBODY, headMs: CONTROL_MS });
  }

  /** The name that the worker goes by; undefined when what answers is not a single worker. */
  async identity(signal?: AbortSignal): Promise<string | undefined> {
    const path = workerPaths.workers;
    const request = { method: "GET", path, tenant: NOBODY, signal, headMs: CONTROL_MS } as const;
    return this.#json(request, { parse: onlyWorkerOf });
  }

  /** Takes no more calls; what is under way may end. */
  retire(): Promise<void> {
    return this.#transport.retire();
  }

  /** Cuts all connections. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #json<T>(request: WorkerRequest, schema: { parse(value: unknown): T }): Promise<T> {
    const { body } = await this.#transport.open(request);
    try {
      return schema.parse(await json(body));
    } catch (error) {
      throw this.#transport.brokenOff(error, request.signal);
    }
  }

  async #done(request: WorkerRequest): Promise<void> {
    const { body } = await this.#transport.open(request);
    // What is in it does not matter; read, it leaves the connection free for the next call.
    body.resume();
  }
}

function fileRequest(
  { tenant, sessionId, path, signal }: FileScope,
  method: "GET" | "HEAD" | "PUT" | "DELETE",
): WorkerRequest {
  return { method, path: workerPaths.file(sessionId, path), tenant, signal, headMs: ANSWER_MS };
}
