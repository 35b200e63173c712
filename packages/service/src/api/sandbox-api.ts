import type { Readable } from "node:stream";
import type {
  ExecResult,
  FileEntry,
  FileListing,
  OutputEncoding,
  SessionInfo,
  SessionPage,
  UploadResult,
} from "@sandbox-system/contract";

/** What get-or-create needs. */
export interface SessionRequest {
  readonly userId: string;
  readonly threadId: string;
  /** Idle time after which the session expires, minutes. */
  readonly timeoutMinutes?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Which sessions to list. */
export interface SessionQuery {
  readonly threadId?: string | undefined;
  readonly userId?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** One command. */
export interface ExecRequest {
  readonly command: string;
  /** Milliseconds the command may run. */
  readonly timeoutMs?: number | undefined;
  readonly stdin?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Relative to the workspace. */
  readonly cwd?: string | undefined;
  /** Cap of stdout and of stderr, bytes each. */
  readonly maxOutputBytes?: number | undefined;
  readonly encoding?: OutputEncoding | undefined;
}

/** Watches and stops a running command. */
export interface ExecHooks {
  /** Called with each piece of output, in order; a returned promise holds the command's output back until it settles. */
  readonly onStdout?: ((chunk: Buffer) => void | Promise<void>) | undefined;
  readonly onStderr?: ((chunk: Buffer) => void | Promise<void>) | undefined;
  /** Aborting kills the command and rejects with `OPERATION_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** A part of a file, bytes: `start` is the first, `end` the last one wanted (inclusive). */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

/** An open download. */
export interface FileDownload {
  readonly entry: FileEntry;
  /** Bytes that `content` carries unless the file changes meanwhile. */
  readonly contentLength: number;
  readonly content: Readable;
}

/**
 * What the routes need of whoever keeps the sessions: in a worker the engine room of the machine, in a coordinator a client of the
 * session's worker. Every method is about one tenant's data and rejects with a `SandboxError`; those that take a session id reject with
 * `SESSION_NOT_FOUND`, `SESSION_EXPIRED` or `SESSION_LOST` when the tenant has no such session.
 */
export interface SandboxApi {
  /** The session of a thread, made when there is none. Concurrent callers get the same one. */
  getOrCreateSession(tenant: string, request: SessionRequest): Promise<SessionInfo>;
  getSession(tenant: string, sessionId: string): Promise<SessionInfo>;
  /** The thread's session, or undefined. */
  findSession(tenant: string, threadId: string): Promise<SessionInfo | undefined>;
  listSessions(tenant: string, query: SessionQuery): Promise<SessionPage>;
  /** Resolves as well when the session is already gone. */
  endSession(tenant: string, sessionId: string): Promise<void>;
  /** Resolves with whatever the command came to. With `onStdout` or `onStderr` the result's text is empty. */
  execute(
    tenant: string,
    sessionId: string,
    request: ExecRequest,
    hooks?: ExecHooks,
  ): Promise<ExecResult>;
  listFiles(tenant: string, sessionId: string): Promise<FileListing>;
  statFile(tenant: string, sessionId: string, path: string): Promise<FileEntry>;
  /** Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`, `RANGE_NOT_SATISFIABLE`. */
  readFile(
    tenant: string,
    sessionId: string,
    path: string,
    range?: ByteRange,
  ): Promise<FileDownload>;
  /** Writes a file whole or not at all: when `content` fails or is destroyed, nothing is left behind. */
  writeFile(
    tenant: string,
    sessionId: string,
    path: string,
    content: Readable,
    options?: { sizeBytes?: number | undefined },
  ): Promise<UploadResult>;
  removeFile(tenant: string, sessionId: string, path: string): Promise<void>;
}
