import type { Readable } from "node:stream";
import type {
  ExecBody,
  ExecResult,
  FileListing,
  SessionInfo,
  UploadResult,
  SessionRequest,
} from "@sandbox-system/contract";

/** A validated command, in wire form. */
export interface BackendCommand {
  readonly body: ExecBody;
  /** Commands of one session with the same key run once; the later calls get the first one's result. */
  readonly idempotencyKey?: string | undefined;
}

/** Watches and stops a running command. */
export interface BackendHooks {
  /**
   * Called with each piece of the stream as it comes, in order; then that stream's text in the result is empty, while the other
   * one's is whole. A returned promise holds the command's output back until it settles.
   */
  readonly onStdout?: ((chunk: Buffer) => void | Promise<void>) | undefined;
  readonly onStderr?: ((chunk: Buffer) => void | Promise<void>) | undefined;
  /** Aborting kills the command and rejects with `OPERATION_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** A file on its way out of a workspace. */
export interface BackendDownload {
  readonly sizeBytes: number;
  /** Fails with a `SandboxError` when the transfer breaks; never ends early without failing. */
  readonly content: Readable;
}

/**
 * What a client needs of the thing that runs its sandboxes. The adapters are the engine room of this process (local mode) and HTTP
 * (remote mode); both pass the same conformance suite. Every method rejects with `SandboxError` only, and every method that takes a
 * session id with `SESSION_NOT_FOUND`, `SESSION_EXPIRED` or `SESSION_LOST` when that session is over.
 */
export interface SandboxBackend {
  /** The session of a thread, made when there is none; concurrent callers get the same one. */
  getOrCreateSession(request: SessionRequest): Promise<SessionInfo>;
  /** The thread's session, or undefined. */
  findSession(threadId: string): Promise<SessionInfo | undefined>;
  /** Resolves as well when the session is already gone. */
  endSession(sessionId: string): Promise<void>;
  execute(sessionId: string, command: BackendCommand, hooks: BackendHooks): Promise<ExecResult>;
  listFiles(sessionId: string): Promise<FileListing>;
  readFile(sessionId: string, path: string): Promise<BackendDownload>;
  /** Writes a file whole or not at all. `sizeBytes` is undefined when it cannot be known beforehand. */
  writeFile(
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    sizeBytes: number | undefined,
  ): Promise<UploadResult>;
  removeFile(sessionId: string, path: string): Promise<void>;
  /** Lets go of what the backend holds; nothing may be called after it. Idempotent. */
  close(): Promise<void>;
}
