import { Readable } from "node:stream";
import {
  type Clock,
  type ErrorCode,
  type ExecResult,
  type FileEntry,
  type FileListing,
  newSessionId,
  sandboxError,
  type SessionInfo,
  type SessionPage,
  type UploadResult,
  type ByteRange,
  type ExecHooks,
  type ExecRequest,
  type FileDownload,
  type SandboxApi,
  type SessionQuery,
  type SessionRequest,
} from "@sandbox-system/contract";
import { FakeCommand, type FakeCommandScript } from "./fake-command.js";
import { FakeWorkspace } from "./fake-workspace.js";

interface FakeSession {
  readonly tenant: string;
  info: SessionInfo;
  readonly workspace: FakeWorkspace;
  /** Why it is no more. */
  over?: "SESSION_EXPIRED" | "SESSION_LOST";
}

/** How a {@link FakeSandboxApi} behaves. */
export interface FakeSandboxOptions {
  readonly clock: Clock;
  readonly workerId?: string;
  readonly maxFileBytes?: number;
}

/**
 * A {@link SandboxApi} in memory: sessions, files and scripted commands. A command without a script exits 127, as in a shell that does
 * not know it.
 */
export class FakeSandboxApi implements SandboxApi {
  readonly workerId: string;
  readonly #clock: Clock;
  readonly #maxFileBytes: number;
  readonly #sessions = new Map<string, FakeSession>();
  readonly #scripts = new Map<string, FakeCommandScript>();
  /** Every command that was started, in order. */
  readonly started: ExecRequest[] = [];
  /** When set, new sessions are refused with it. */
  refuseSessions: ErrorCode | undefined;

  constructor({ clock, workerId = "fake-worker", maxFileBytes = 1024 ** 2 }: FakeSandboxOptions) {
    this.#clock = clock;
    this.workerId = workerId;
    this.#maxFileBytes = maxFileBytes;
  }

  /** What a command does. */
  script(command: string, script: FakeCommandScript): void {
    this.#scripts.set(command, script);
  }

  /** Ends a session as time or a fault would. */
  end(sessionId: string, over: "SESSION_EXPIRED" | "SESSION_LOST"): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) session.over = over;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  async getOrCreateSession(tenant: string, request: SessionRequest): Promise<SessionInfo> {
    const existing = await this.findSession(tenant, request.threadId);
    if (existing !== undefined) return { ...existing, status: "existing" };
    if (this.refuseSessions !== undefined)
      throw sandboxError(this.refuseSessions, "No session now.", { retryAfterSeconds: 2 });
    const now = new Date(this.#clock.now());
    const info: SessionInfo = {
      sessionId: newSessionId(),
      threadId: request.threadId,
      userId: request.userId,
      status: "active",
      workspaceDir: "/workspace",
      user: "sandboxuser",
      workerId: this.workerId,
      createdAt: now,
      lastActivity: now,
      expiresAt: new Date(now.getTime() + (request.timeoutMinutes ?? 30) * 60_000),
      metadata: request.metadata ?? {},
    };
    const workspace = new FakeWorkspace(this.#maxFileBytes);
    this.#sessions.set(info.sessionId, { tenant, info, workspace });
    return { ...info, status: "created" };
  }

  getSession(tenant: string, sessionId: string): Promise<SessionInfo> {
    return this.#within(tenant, sessionId, ({ info }) => info);
  }

  findSession(tenant: string, threadId: string): Promise<SessionInfo | undefined> {
    const session = [...this.#sessions.values()].find(
      ({ tenant: owner, info, over }) =>
        owner === tenant && info.threadId === threadId && over === undefined,
    );
    return Promise.resolve(session?.info);
  }

  listSessions(tenant: string, query: SessionQuery): Promise<SessionPage> {
    const { threadId, userId, limit = 100, cursor = "0" } = query;
    const all = [...this.#sessions.values()]
      .filter(({ tenant: owner, over }) => owner === tenant && over === undefined)
      .map(({ info }) => info)
      .filter((info) => threadId === undefined || info.threadId === threadId)
      .filter((info) => userId === undefined || info.userId === userId);
    const start = Number(cursor);
    const end = start + limit;
    return Promise.resolve({
      sessions: all.slice(start, end),
      nextCursor: end < all.length ? String(end) : null,
    });
  }

  endSession(tenant: string, sessionId: string): Promise<void> {
    if (this.#sessions.get(sessionId)?.tenant === tenant) this.#sessions.delete(sessionId);
    return Promise.resolve();
  }

  execute(
    tenant: string,
    sessionId: string,
    request: ExecRequest,
    hooks: ExecHooks = {},
  ): Promise<ExecResult> {
    return this.#within(tenant, sessionId, () => {
      this.started.push(request);
      const script = this.#scripts.get(request.command) ?? notFound;
      return new FakeCommand(request, hooks).run(script);
    });
  }

  listFiles(tenant: string, sessionId: string): Promise<FileListing> {
    return this.#within(tenant, sessionId, ({ info, workspace }) => {
      const files = workspace.list();
      return {
        sessionId,
        workspaceDir: info.workspaceDir,
        files,
        totalFiles: files.length,
        totalSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      };
    });
  }

  statFile(tenant: string, sessionId: string, path: string): Promise<FileEntry> {
    return this.#within(tenant, sessionId, ({ workspace }) => workspace.stat(path));
  }

  readFile(
    tenant: string,
    sessionId: string,
    path: string,
    range?: ByteRange,
  ): Promise<FileDownload> {
    return this.#within(tenant, sessionId, ({ workspace }) => {
      const entry = workspace.stat(path);
      const bytes = workspace.read(path);
      const { start = 0, end = Infinity } = range ?? {};
      if (range !== undefined && start >= bytes.length)
        throw sandboxError("RANGE_NOT_SATISFIABLE", "The range lies outside the file.");
      const part = bytes.subarray(start, Math.min(end + 1, bytes.length));
      return { entry, contentLength: part.length, content: Readable.from([part]) };
    });
  }

  writeFile(
    tenant: string,
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
  ): Promise<UploadResult> {
    return this.#within(tenant, sessionId, async ({ info, workspace }) => {
      const sizeBytes = await workspace.write(path, content, new Date(this.#clock.now()));
      return {
        status: "uploaded",
        filename: path,
        path: `${info.workspaceDir}/${path}`,
        sizeBytes,
      };
    });
  }

  removeFile(tenant: string, sessionId: string, path: string): Promise<void> {
    return this.#within(tenant, sessionId, ({ workspace }) => {
      workspace.remove(path);
    });
  }

  /** Another tenant's session does not exist. */
  async #within<T>(
    tenant: string,
    sessionId: string,
    action: (session: FakeSession) => T | Promise<T>,
  ): Promise<T> {
    const session = this.#sessions.get(sessionId);
    if (session?.tenant !== tenant)
      throw sandboxError("SESSION_NOT_FOUND", "There is no such session.");
    if (session.over !== undefined) throw sandboxError(session.over, "The session is over.");
    return action(session);
  }
}

const notFound: FakeCommandScript = async ({ stderr }) => {
  await stderr("command not found\n");
  return { exitCode: 127 };
};
