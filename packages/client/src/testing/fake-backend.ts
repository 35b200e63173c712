import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  type ExecResult,
  type FileListing,
  newSessionId,
  sandboxError,
  type SessionInfo,
  type UploadResult,
  type SessionRequest,
} from "@sandbox-system/contract";
import type {
  BackendCommand,
  BackendDownload,
  BackendHooks,
  SandboxBackend,
} from "../backend/sandbox-backend.js";

/** A command that a {@link FakeBackend} was asked to run. */
export interface FakeExecution {
  readonly sessionId: string;
  readonly threadId: string;
  readonly command: BackendCommand;
  readonly hooks: BackendHooks;
}

/** What a {@link FakeBackend} does with a command; by default it prints its thread's name and the command. */
export type FakeRunner = (execution: FakeExecution) => Promise<ExecResult> | ExecResult;

/** A result with exit code 0. */
export function success(stdout = ""): ExecResult {
  return {
    exitCode: 0,
    stdout,
    stderr: "",
    executionTimeMs: 1,
    timedOut: false,
    oomKilled: false,
    stdoutTruncated: false,
    stderrTruncated: false,
  };
}

/** Sessions, commands and files in memory. Sessions can be made to expire; everything asked of it is recorded. */
export class FakeBackend implements SandboxBackend {
  readonly executions: FakeExecution[] = [];
  readonly requests: SessionRequest[] = [];
  readonly ended: string[] = [];
  closings = 0;
  runner: FakeRunner = ({ threadId, command }) => success(`${threadId}: ${command.body.command}`);
  /** Awaited before a session is given; a test's gate. */
  beforeSession: (request: SessionRequest) => Promise<void> = () => Promise.resolve();
  readonly #sessions = new Map<string, SessionInfo>();
  readonly #files = new Map<string, Buffer>();

  async getOrCreateSession(request: SessionRequest): Promise<SessionInfo> {
    this.requests.push(request);
    await this.beforeSession(request);
    const existing = this.#ofThread(request.threadId);
    if (existing !== undefined) return { ...existing, status: "existing" };
    const now = new Date(0);
    const session: SessionInfo = {
      sessionId: newSessionId(),
      threadId: request.threadId,
      userId: request.userId,
      status: "created",
      workspaceDir: "/workspace",
      user: "sandboxuser",
      workerId: "fake",
      createdAt: now,
      lastActivity: now,
      expiresAt: now,
      metadata: request.metadata ?? {},
    };
    this.#sessions.set(session.sessionId, session);
    return session;
  }

  findSession(threadId: string): Promise<SessionInfo | undefined> {
    return Promise.resolve(this.#ofThread(threadId));
  }

  endSession(sessionId: string): Promise<void> {
    this.ended.push(sessionId);
    this.expire(sessionId);
    return Promise.resolve();
  }

  /** Ends a session behind its client's back. */
  expire(sessionId: string | undefined): void {
    if (sessionId !== undefined) this.#sessions.delete(sessionId);
  }

  async execute(
    sessionId: string,
    command: BackendCommand,
    hooks: BackendHooks,
  ): Promise<ExecResult> {
    const { threadId } = this.#require(sessionId);
    const execution = { sessionId, threadId, command, hooks };
    this.executions.push(execution);
    return await this.runner(execution);
  }

  listFiles(sessionId: string): Promise<FileListing> {
    const { workspaceDir } = this.#require(sessionId);
    return Promise.resolve({
      sessionId,
      workspaceDir,
      files: [],
      totalFiles: this.#files.size,
      totalSizeBytes: 0,
    });
  }

  async readFile(sessionId: string, path: string): Promise<BackendDownload> {
    this.#require(sessionId);
    const bytes = await Promise.resolve(this.#files.get(path));
    if (bytes === undefined) throw sandboxError("FILE_NOT_FOUND", `There is no file ${path}`);
    return { sizeBytes: bytes.length, content: Readable.from([bytes], { objectMode: false }) };
  }

  async writeFile(
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    sizeBytes: number | undefined,
  ): Promise<UploadResult> {
    const { workspaceDir } = this.#require(sessionId);
    const bytes = content instanceof Readable ? await buffer(content) : Buffer.from(content);
    if (sizeBytes !== undefined && sizeBytes !== bytes.length) throw new Error("wrong size");
    this.#files.set(path, bytes);
    return {
      status: "uploaded",
      filename: path,
      path: `${workspaceDir}/${path}`,
      sizeBytes: bytes.length,
    };
  }

  removeFile(sessionId: string, path: string): Promise<void> {
    this.#require(sessionId);
    this.#files.delete(path);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closings += 1;
    return Promise.resolve();
  }

  #ofThread(threadId: string): SessionInfo | undefined {
    return [...this.#sessions.values()].find((session) => session.threadId === threadId);
  }

  #require(sessionId: string): SessionInfo {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw sandboxError("SESSION_EXPIRED", "Session expired");
    return session;
  }
}

/** Takes anything and does nothing with it. */
export function ignore(): void {
  // That is all.
}

/** A promise that a test settles. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open: () => void = ignore;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
