import type { Readable } from "node:stream";
import type {
  ExecResult,
  FileEntry,
  FileListing,
  OutputEncoding,
  PoolHealthBody,
  SessionInfo,
  SessionPage,
  UploadResult,
} from "@sandbox-system/contract";
import type { PolicySettings } from "@sandbox-system/policy";

/** Whose data it is. Sessions of one tenant do not exist for another. */
export type Tenant = string;

/** What get-or-create needs. */
export interface SessionRequest {
  readonly userId: string;
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

/** State of the machine's engine room. */
export interface SandboxHealth {
  /** Whether new sessions can be served now. */
  readonly serving: boolean;
  /** Whether it refuses new sessions because it is about to stop. */
  readonly draining: boolean;
  /** Whether the container engine answers. */
  readonly engineConnected: boolean;
  readonly pool: PoolHealthBody;
  readonly activeSessions: number;
  /** What is amiss or missing on this engine, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Everything that one machine does for its sessions. The worker serves it over HTTP, the SDK calls it directly in local mode, so
 * both answer alike. All errors are `SandboxError`.
 *
 * Every method that takes a session id rejects with `SESSION_NOT_FOUND`, `SESSION_EXPIRED` or `SESSION_LOST` (404) when there is no such
 * session for this tenant, and counts as activity when there is.
 */
export interface SandboxService {
  readonly workerId: string;
  readonly policy: PolicySettings;

  /**
   * Starts: finds the engine, removes what a dead predecessor left, fills the warm pool. Resolves as soon as sessions can be
   * asked for; the pool fills behind it. Rejects with `ENGINE_UNAVAILABLE` when the engine is away and `waitForEngine` is false.
   */
  start(options?: { waitForEngine?: boolean }): Promise<void>;

  /** Refuses new sessions (`DRAINING`) from now on; existing ones go on. There is no way back but a restart. */
  drain(): void;

  /**
   * Refuses new sessions and commands (`DRAINING`), lets running commands finish for at most `deadlineMs`, then removes every container.
   * Idempotent.
   */
  stop(options?: { deadlineMs?: number }): Promise<void>;

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

  health(): SandboxHealth;
}
