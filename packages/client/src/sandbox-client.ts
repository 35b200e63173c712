import { basename, resolve } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  createSessionRequestSchema,
  type FileListing,
  NoActiveSessionError,
  sandboxError,
  type SessionInfo,
  type UploadResult,
  type SessionRequest,
  workspacePath,
} from "@sandbox-system/contract";
import { createBackend } from "./backend/create-backend.js";
import type { SandboxBackend } from "./backend/sandbox-backend.js";
import type { ExecuteOptions, ExecuteResult } from "./command/execute-options.js";
import { runCommand } from "./command/run-command.js";
import { saveDownload } from "./files/save-download.js";
import { localFileSource, memorySource, type UploadSource } from "./files/upload-source.js";
import type { SandboxClientOptions } from "./options.js";
import { validated } from "./request-validation.js";
import { ActiveSession } from "./session/active-session.js";
import { TurnQueue } from "./session/turn-queue.js";

/** What a client can be given beside its options. */
export interface SandboxClientAdapters {
  /** Stands in for the backend that the options name: for tests of code that uses a client. The client closes it. */
  readonly backend?: SandboxBackend | undefined;
}

/**
 * A conversation's computer: commands and files of one session at a time, alike in local and in remote mode.
 *
 * Calls may overlap. Each works in the session that was active when it was made, even if the client switches meanwhile; and the
 * call that directly follows `await getOrCreateSession(…)` works in that very session, even when another part of the
 * program asks for a different thread at the same time.
 *
 * Errors are `SandboxError`; branch on `code`. Methods that need a session reject with `NoActiveSessionError` before there is one.
 */
export class SandboxClient {
  readonly #backend: SandboxBackend;
  readonly #turns = new TurnQueue();
  #active: ActiveSession | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Reaches for nothing yet: the engine or the server is met by the first call.
   * @throws SandboxError `INVALID_REQUEST` when the options cannot be used.
   */
  constructor(options: SandboxClientOptions, adapters: SandboxClientAdapters = {}) {
    this.#backend = adapters.backend ?? createBackend(options);
  }

  /** The active session, as it was when it was got; undefined before the first and after the end of the last. */
  get session(): SessionInfo | undefined {
    return this.#active?.info;
  }

  /** The active session's thread. */
  get threadId(): string | undefined {
    return this.#active?.info.threadId;
  }

  /** The active session's user. */
  get userId(): string | undefined {
    return this.#active?.info.userId;
  }

  /**
   * Makes the thread's session the active one; makes it first when there is none. A session that was active before lives on
   * and is found again by its thread. Rejects with `POOL_EXHAUSTED`, `SERVER_UNREACHABLE` and their like, which may be retried;
   * with `LOCAL_MODE_UNAVAILABLE` when local mode is not installed.
   */
  async getOrCreateSession(request: SessionRequest): Promise<SessionInfo> {
    if (this.#closed !== undefined) {
      throw sandboxError("INVALID_REQUEST", "This client is closed. Make a new SandboxClient.");
    }
    const session = await this.#create(request);
    return this.#turns.run(() => {
      this.#active = session;
      return session.info;
    });
  }

  /**
   * Runs `bash -c command` in the workspace and resolves when it has ended; a command that fails, times out or is killed resolves too. Rejects
   * with `COMMAND_REJECTED` when the policy refuses it, `OPERATION_INTERRUPTED` when it was cut off (`details.admitted`
   * says whether it ran), and, with `autoRetry: false`, `SessionExpiredError` when the session is over.
   */
  async execute(command: string, options: ExecuteOptions = {}): Promise<ExecuteResult> {
    const session = this.#requireSession();
    return runCommand(
      {
        backend: this.#backend,
        session,
        replaceSession: (over) => this.#replace(over),
      },
      command,
      options,
    );
  }

  /**
   * Uploads a local file as `remoteName` (default: its own name); parents are made, an older file is replaced whole. Like every
   * file method it does not make a new session for one that is over: the files it belongs with are gone, which the caller should know.
   * Rejects with `FILE_TOO_LARGE`, `WORKSPACE_SIZE_EXCEEDED`, `FILE_COUNT_EXCEEDED`, `INVALID_PATH`, or the local file system's error.
   */
  async uploadFile(localPath: string, remoteName = basename(localPath)): Promise<UploadResult> {
    const session = this.#requireSession();
    return this.#upload(session, remoteName, await localFileSource(localPath));
  }

  /** As {@link uploadFile}, from memory (text goes as UTF-8) or from a stream, whose own failure is passed on. */
  async uploadBytes(
    remoteName: string,
    content: Uint8Array | string | Readable,
  ): Promise<UploadResult> {
    return this.#upload(this.#requireSession(), remoteName, memorySource(content));
  }

  /**
   * Downloads a file to `localPath`, by default its base name in the current directory; whole or not at all. Resolves to the
   * absolute path written. Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`, or the local file system's error.
   */
  async downloadFile(remoteName: string, localPath = basename(remoteName)): Promise<string> {
    const [sessionId, name] = fileOf(this.#requireSession(), remoteName);
    const target = resolve(localPath);
    const { content } = await this.#backend.readFile(sessionId, name);
    await saveDownload(content, target);
    return target;
  }

  /** A file's bytes, whole in memory. Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`. */
  async readFile(remoteName: string): Promise<Buffer> {
    const [sessionId, name] = fileOf(this.#requireSession(), remoteName);
    const { content } = await this.#backend.readFile(sessionId, name);
    return buffer(content);
  }

  /** The workspace's files, recursive, newest first. */
  async listFiles(): Promise<FileListing> {
    return this.#backend.listFiles(this.#requireSession().info.sessionId);
  }

  /** Removes a file. Rejects with `FILE_NOT_FOUND`, `INVALID_PATH`. */
  async removeFile(remoteName: string): Promise<void> {
    return this.#backend.removeFile(...fileOf(this.#requireSession(), remoteName));
  }

  /**
   * Ends a session now instead of at its timeout: its files are gone, its thread is free. Without a thread it is the active session
   * that ends; with one, that thread's, whichever client opened it. Resolves as well when there is none.
   */
  async closeSession({ threadId }: { threadId?: string | undefined } = {}): Promise<void> {
    const active = this.#active;
    if (threadId === undefined || threadId === active?.info.threadId) {
      if (active !== undefined) await this.#end(active);
      return;
    }
    const found = await this.#backend.findSession(threadId);
    if (found !== undefined) await this.#backend.endSession(found.sessionId);
  }

  /**
   * Ends the active session and lets go of the backend: in local mode the last client to close removes every container. The client
   * cannot be used afterwards. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.closeSession().finally(() => this.#backend.close());
    return this.#closed;
  }

  /** {@link close}, for `await using client = new SandboxClient(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #create(request: SessionRequest): Promise<ActiveSession> {
    validated(createSessionRequestSchema, {
      user_id: request.userId,
      thread_id: request.threadId,
      timeout_minutes: request.timeoutMinutes,
      env: request.env,
      metadata: request.metadata,
    });
    return new ActiveSession(await this.#backend.getOrCreateSession(request), request);
  }

  async #replace(over: ActiveSession): Promise<ActiveSession> {
    const replacement = await over.replace((request) => this.#create(request));
    if (this.#active === over) this.#active = replacement;
    return replacement;
  }

  async #upload(
    session: ActiveSession,
    remoteName: string,
    source: UploadSource,
  ): Promise<UploadResult> {
    try {
      const { content, sizeBytes } = source;
      const [sessionId, name] = fileOf(session, remoteName);
      return await this.#backend.writeFile(sessionId, name, content, sizeBytes);
    } catch (error) {
      source.throwFailure();
      throw error;
    } finally {
      await source.dispose();
    }
  }

  async #end(active: ActiveSession): Promise<void> {
    const current = await active.beginClosing();
    try {
      await this.#backend.endSession(current.info.sessionId);
    } catch (error) {
      active.cancelClosing();
      current.cancelClosing();
      throw error;
    }
    if (this.#active === active || this.#active === current) this.#active = undefined;
  }

  #requireSession(): ActiveSession {
    if (this.#active === undefined) throw new NoActiveSessionError();
    return this.#active;
  }
}

function fileOf({ info }: ActiveSession, remoteName: string): [sessionId: string, name: string] {
  return [info.sessionId, workspacePath(remoteName, info.workspaceDir)];
}
