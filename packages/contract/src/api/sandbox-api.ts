import type { Readable } from "node:stream";
import type { ExecResult, OutputEncoding } from "../exec.js";
import type { FileEntry, FileListing, UploadResult } from "../files.js";
import type { SessionInfo, SessionPage } from "../session.js";

/** Whose data it is. Sessions of one tenant do not exist for another. */
export type Tenant = string;

/** What get-or-create needs. */
export interface SessionRequest {
  /** Who the conversation belongs to, for logs and listings; 1 to 256 characters. */
  readonly userId: string;
  /** The conversation: one session a thread, found again by everybody who names it; 1 to 256 characters. */
  readonly threadId: string;
  /** Idle time after which the session expires, minutes; default: the configured one. Used only when it is created. */
  readonly timeoutMinutes?: number | undefined;
  /** Environment of every command of the session. Used only when it is created. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Which sessions to list. */
export interface SessionQuery {
  readonly threadId?: string | undefined;
  readonly userId?: string | undefined;
  /** 1 … 1000; default 100. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** One command. */
export interface ExecRequest {
  readonly command: string;
  /** Milliseconds the command may run; default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Given whole; without it the command reads /dev/null. */
  readonly stdin?: string | Uint8Array | undefined;
  /** Added to (and winning over) the session's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Relative to the workspace; default: the workspace. */
  readonly cwd?: string | undefined;
  /** Cap of stdout and of stderr, bytes each; default 1 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** How `stdout` and `stderr` of the result are put into text; default utf8. */
  readonly encoding?: OutputEncoding | undefined;
}

/** Watches and stops a running command. */
export interface ExecHooks {
  /**
   * Called with each piece of output as it comes, in order; then the result's text is empty. A returned promise holds the
   * command's output back until it settles (backpressure); at most 64 KiB a piece.
   */
  readonly onStdout?: ((chunk: Buffer) => void | Promise<void>) | undefined;
  readonly onStderr?: ((chunk: Buffer) => void | Promise<void>) | undefined;
  /** Aborting kills the command's process tree and rejects with `OPERATION_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The caller's name for this call. Whoever passes the command on to another process passes the name on too, and calls `onReplayed`, before
   * any output, when that process answers with the memory of an earlier call. Whoever runs the command itself takes no notice.
   */
  readonly idempotencyKey?: string | undefined;
  readonly onReplayed?: (() => void) | undefined;
}

/** A part of a file, bytes: `start` is the first, `end` the last one wanted (inclusive, as in HTTP ranges). */
export interface ByteRange {
  readonly start: number;
  readonly end?: number | undefined;
}

/** An open download. */
export interface FileDownload {
  readonly entry: FileEntry;
  /** Bytes that `content` will carry unless the file changes meanwhile. */
  readonly contentLength: number;
  /** Destroying it ends the transfer. */
  readonly content: Readable;
}

/**
 * What can be done with sessions, in TypeScript: the engine room of one machine implements it, HTTP routes serve it, and whoever routes
 * to other machines implements it by asking them. Every method is about one tenant's data and rejects with `SandboxError` only.
 *
 * Every method that takes a session id rejects with `SESSION_NOT_FOUND`, `SESSION_EXPIRED` or `SESSION_LOST` (404) when there is no such
 * session for this tenant, and counts as activity when there is.
 */
export interface SandboxApi {
  /**
   * The session of a thread, made when there is none. Concurrent callers get the same one. Rejects with `POOL_EXHAUSTED`,
   * `ENGINE_UNAVAILABLE`, `DRAINING` (all retryable).
   */
  getOrCreateSession(tenant: Tenant, request: SessionRequest): Promise<SessionInfo>;

  /** Does not count as activity. */
  getSession(tenant: Tenant, sessionId: string): Promise<SessionInfo>;

  /** The thread's session, or undefined. Does not count as activity. */
  findSession(tenant: Tenant, threadId: string): Promise<SessionInfo | undefined>;

  listSessions(tenant: Tenant, query: SessionQuery): Promise<SessionPage>;

  /** Ends a session: its sandbox is destroyed, its thread freed. Resolves as well when it is already gone. */
  endSession(tenant: Tenant, sessionId: string): Promise<void>;

  /**
   * Runs a command and resolves when its main process has ended. A command that fails, times out or is killed resolves too.
   * Rejects with `COMMAND_REJECTED`, `INVALID_REQUEST` (bad cwd), `WORKSPACE_SIZE_EXCEEDED`, `FILE_COUNT_EXCEEDED`,
   * `OPERATION_ABORTED`, `OPERATION_INTERRUPTED`.
   */
  execute(
    tenant: Tenant,
    sessionId: string,
    request: ExecRequest,
    hooks?: ExecHooks,
  ): Promise<ExecResult>;

  listFiles(tenant: Tenant, sessionId: string): Promise<FileListing>;

  /** Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`. */
  statFile(tenant: Tenant, sessionId: string, path: string): Promise<FileEntry>;

  /** Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`, `RANGE_NOT_SATISFIABLE`. */
  readFile(
    tenant: Tenant,
    sessionId: string,
    path: string,
    range?: ByteRange,
  ): Promise<FileDownload>;

  /**
   * Writes a file whole or not at all; parents are made. When `content` fails or is destroyed nothing is left behind. Rejects with
   * `FILE_TOO_LARGE` (at once when `sizeBytes` tells), `WORKSPACE_SIZE_EXCEEDED`, `FILE_COUNT_EXCEEDED`, `INVALID_PATH`.
   */
  writeFile(
    tenant: Tenant,
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    options?: { sizeBytes?: number | undefined },
  ): Promise<UploadResult>;

  /** Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`. */
  removeFile(tenant: Tenant, sessionId: string, path: string): Promise<void>;
}
