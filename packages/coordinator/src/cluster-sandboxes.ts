import type { Readable } from "node:stream";
import type { SessionRecord, SessionRegistry, WorkerDirectory } from "@sandbox-system/cluster";
import type {
  ByteRange,
  ExecHooks,
  ExecRequest,
  ExecResult,
  FileDownload,
  FileEntry,
  FileListing,
  SandboxApi,
  SessionInfo,
  SessionPage,
  SessionQuery,
  SessionRequest,
  Tenant,
  UploadResult,
} from "@sandbox-system/contract";
import { mergePages } from "./placement/list-sessions.js";
import type { SessionPlacer } from "./placement/session-placer.js";
import { endToldBy, isRegistryAway } from "./routing/route-errors.js";
import { type RouteCache, routeOf } from "./routing/route-cache.js";
import type { SessionCalls } from "./routing/session-calls.js";
import type { WorkerCaller } from "./routing/worker-caller.js";

/** Sessions of a page when the query does not say, as workers have it. */
const DEFAULT_LIMIT = 100;

/** What the cluster's sandboxes are made of. */
export interface ClusterSandboxesParts {
  readonly registry: SessionRegistry;
  readonly directory: WorkerDirectory;
  readonly cache: RouteCache;
  readonly caller: WorkerCaller;
  readonly sessions: SessionCalls;
  readonly placer: SessionPlacer;
}

/** The sandboxes of all workers, as one. Holds nothing that another coordinator would miss. */
export class ClusterSandboxes implements SandboxApi {
  readonly #parts: ClusterSandboxesParts;

  constructor(parts: ClusterSandboxesParts) {
    this.#parts = parts;
  }

  /** While the registry is away, threads whose session this coordinator knows and its worker confirms are served; no new ones are made. */
  async getOrCreateSession(tenant: Tenant, request: SessionRequest): Promise<SessionInfo> {
    try {
      return await this.#parts.placer.getOrCreate(tenant, request);
    } catch (error) {
      const known = await this.#knownWhileAway(error, tenant, request.threadId);
      if (known === undefined) throw error;
      return { ...known, status: "existing" };
    }
  }

  getSession(tenant: Tenant, sessionId: string): Promise<SessionInfo> {
    return this.#parts.sessions.getSession({ tenant, sessionId });
  }

  async findSession(tenant: Tenant, threadId: string): Promise<SessionInfo | undefined> {
    const { registry, cache, sessions } = this.#parts;
    let record: SessionRecord | undefined;
    try {
      record = await registry.findThread(tenant, threadId);
    } catch (error) {
      const known = await this.#knownWhileAway(error, tenant, threadId);
      if (known === undefined) throw error;
      return known;
    }
    if (record?.state !== "active") return undefined;
    if (cache.get(record.sessionId) === undefined) cache.keep(routeOf(record));
    return orAbsent(sessions.getSession({ tenant, sessionId: record.sessionId }));
  }

  /** Rejects with `WORKER_UNREACHABLE` when a worker cannot be asked: a list that hides sessions would be a wrong one. */
  async listSessions(tenant: Tenant, query: SessionQuery): Promise<SessionPage> {
    if (query.threadId !== undefined) return this.#listThread(tenant, query.threadId, query);
    const { directory, caller } = this.#parts;
    const limit = query.limit ?? DEFAULT_LIMIT;
    const pages = await Promise.all(
      directory.all().map(({ info }) =>
        caller.call<SessionPage>(
          info.workerId,
          {
            repetition: "repeatable",
            isControl: true,
            run: (client, signal) => client.listSessions({ tenant, signal }, { ...query, limit }),
          },
          // Its sessions are lost, so there is nothing to list.
          () => Promise.resolve({ value: NOTHING }),
        ),
      ),
    );
    return mergePages(pages, limit);
  }

  endSession(tenant: Tenant, sessionId: string): Promise<void> {
    return this.#parts.sessions.endSession({ tenant, sessionId });
  }

  execute(
    tenant: Tenant,
    sessionId: string,
    request: ExecRequest,
    hooks: ExecHooks = {},
  ): Promise<ExecResult> {
    return this.#parts.sessions.execute({ tenant, sessionId }, request, hooks);
  }

  listFiles(tenant: Tenant, sessionId: string): Promise<FileListing> {
    return this.#parts.sessions.listFiles({ tenant, sessionId });
  }

  statFile(tenant: Tenant, sessionId: string, path: string): Promise<FileEntry> {
    return this.#parts.sessions.statFile({ tenant, sessionId, path });
  }

  readFile(
    tenant: Tenant,
    sessionId: string,
    path: string,
    range?: ByteRange,
  ): Promise<FileDownload> {
    return this.#parts.sessions.readFile({ tenant, sessionId, path }, range);
  }

  writeFile(
    tenant: Tenant,
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    { sizeBytes }: { sizeBytes?: number | undefined } = {},
  ): Promise<UploadResult> {
    return this.#parts.sessions.writeFile({ tenant, sessionId, path }, content, sizeBytes);
  }

  removeFile(tenant: Tenant, sessionId: string, path: string): Promise<void> {
    return this.#parts.sessions.removeFile({ tenant, sessionId, path });
  }

  async #listThread(tenant: Tenant, threadId: string, query: SessionQuery): Promise<SessionPage> {
    const session = await this.findSession(tenant, threadId);
    const matches = query.userId === undefined || session?.userId === query.userId;
    // A thread has one session, so there is nothing behind any cursor.
    return session !== undefined && matches && query.cursor === undefined
      ? { sessions: [session], nextCursor: null }
      : NOTHING;
  }

  /** The thread's session as this coordinator knew it last, if the registry is away and the session's worker still has it. */
  async #knownWhileAway(
    error: unknown,
    tenant: Tenant,
    threadId: string,
  ): Promise<SessionInfo | undefined> {
    if (!isRegistryAway(error)) return undefined;
    const { cache, sessions } = this.#parts;
    const route = cache.ofThread(tenant, threadId);
    if (route === undefined) return undefined;
    return orAbsent(sessions.getSession({ tenant, sessionId: route.sessionId }));
  }
}

const NOTHING: SessionPage = { sessions: [], nextCursor: null };

/** undefined instead of `SESSION_*`. */
async function orAbsent(session: Promise<SessionInfo>): Promise<SessionInfo | undefined> {
  try {
    return await session;
  } catch (error) {
    if (endToldBy(error) === undefined) throw error;
    return undefined;
  }
}
