import {
  type Clock,
  type ErrorCode,
  type SandboxApi,
  sandboxError,
  type SessionInfo,
  type SessionPage,
  type SessionQuery,
  type SessionRequest,
} from "@sandbox-system/contract";
import { FakeSandboxApi } from "@sandbox-system/service/testing";
import type { SessionPlace } from "../worker-client/worker-client.js";

interface OpenSession {
  readonly tenant: string;
  readonly innerId: string;
  readonly generation: number;
}

/** Says whether the registry lets a worker hold a session that it has made. */
export type Activate = (
  tenant: string,
  session: SessionInfo,
  place: SessionPlace,
) => Promise<boolean>;

/**
 * The engine room of a worker in a cluster, in memory: sessions get their ids from coordinators. Everything else is the service package's fake.
 */
export class FakeRoom {
  readonly inner: FakeSandboxApi;
  /** Sandboxes that it has made for sessions. */
  made = 0;
  /** When set, new sessions are refused with it. */
  refuse: ErrorCode | undefined;
  /** Creations wait for it. */
  creating: Promise<void> = Promise.resolve();
  activate: Activate = () => Promise.resolve(true);
  readonly #sessions = new Map<string, OpenSession>();
  readonly #opening = new Map<string, Promise<SessionInfo>>();
  /** The room as the API's routes know it. */
  readonly api: SandboxApi;

  constructor(options: { clock: Clock; workerId: string; maxFileBytes?: number }) {
    this.inner = new FakeSandboxApi(options);
    this.api = this.#translated();
  }

  /** Ids of the sessions that it holds. */
  get sessionIds(): string[] {
    return [...this.#sessions.keys()];
  }

  /** Ends a session as time or a fault would. */
  end(sessionId: string, over: "SESSION_EXPIRED" | "SESSION_LOST"): void {
    this.inner.end(this.#innerId(sessionId), over);
  }

  /** Loses all sessions, as a machine that dies does. */
  clear(): void {
    this.#sessions.clear();
  }

  async openSession(
    tenant: string,
    request: SessionRequest,
    place: SessionPlace,
  ): Promise<SessionInfo> {
    const { sessionId, create } = place;
    const known = this.#sessions.get(sessionId);
    if (known !== undefined)
      return { ...(await this.#info(tenant, sessionId)), status: "existing" };
    if (!create) throw sandboxError("SESSION_LOST", "Session lost.");
    const joined = this.#opening.get(sessionId);
    if (joined !== undefined) return { ...(await joined), status: "existing" };
    const opening = this.#make(tenant, request, place);
    this.#opening.set(sessionId, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(sessionId);
    }
  }

  async #make(tenant: string, request: SessionRequest, place: SessionPlace): Promise<SessionInfo> {
    if (this.refuse !== undefined)
      throw sandboxError(this.refuse, "No session now.", { retryAfterSeconds: 2 });
    await this.creating;
    const inner = await this.inner.getOrCreateSession(tenant, request);
    const { sessionId, generation } = place;
    const session: SessionInfo = { ...inner, sessionId, status: "created" };
    if (!(await this.activate(tenant, session, place))) {
      await this.inner.endSession(tenant, inner.sessionId);
      throw sandboxError("SESSION_LOST", "Session lost: it is another's by now.");
    }
    this.made += 1;
    this.#sessions.set(sessionId, { tenant, innerId: inner.sessionId, generation });
    return session;
  }

  async #info(tenant: string, sessionId: string): Promise<SessionInfo> {
    const info = await this.inner.getSession(tenant, this.#innerId(sessionId));
    return { ...info, sessionId };
  }

  #innerId(sessionId: string): string {
    return this.#sessions.get(sessionId)?.innerId ?? "nobody's";
  }

  #translated(): SandboxApi {
    const { inner } = this;
    const id = (sessionId: string): string => this.#innerId(sessionId);
    return {
      getOrCreateSession: () =>
        Promise.reject(sandboxError("INTERNAL_ERROR", "Coordinators make sessions.")),
      findSession: () => Promise.resolve(undefined),
      getSession: (tenant, sessionId) => this.#info(tenant, sessionId),
      listSessions: (tenant, query) => this.#list(tenant, query),
      endSession: async (tenant, sessionId) => {
        await inner.endSession(tenant, id(sessionId));
        this.#sessions.delete(sessionId);
      },
      execute: (tenant, sessionId, request, hooks) =>
        inner.execute(tenant, id(sessionId), request, hooks),
      listFiles: async (tenant, sessionId) => ({
        ...(await inner.listFiles(tenant, id(sessionId))),
        sessionId,
      }),
      statFile: (tenant, sessionId, path) => inner.statFile(tenant, id(sessionId), path),
      readFile: (tenant, sessionId, path, range) =>
        inner.readFile(tenant, id(sessionId), path, range),
      writeFile: (tenant, sessionId, path, content) =>
        inner.writeFile(tenant, id(sessionId), path, content),
      removeFile: (tenant, sessionId, path) => inner.removeFile(tenant, id(sessionId), path),
    };
  }

  /** In the order and with the cursor of the real one. */
  async #list(tenant: string, { userId, limit = 100, cursor }: SessionQuery): Promise<SessionPage> {
    const mine = [...this.#sessions].filter(([, session]) => session.tenant === tenant);
    const infos = await Promise.all(mine.map(([sessionId]) => this.#info(tenant, sessionId)));
    const key = (info: SessionInfo): string =>
      `${String(info.lastActivity.getTime()).padStart(16, "0")} ${info.sessionId}`;
    const after =
      cursor === undefined ? "~" : Buffer.from(cursor, "base64url").toString().padStart(47, "0");
    const matching = infos
      .filter((info) => (userId === undefined || info.userId === userId) && key(info) < after)
      .sort((left, right) => (key(left) < key(right) ? 1 : -1));
    const sessions = matching.slice(0, limit);
    const last = sessions.at(-1);
    const position = last && `${String(last.lastActivity.getTime())} ${last.sessionId}`;
    const more = matching.length > sessions.length && position !== undefined;
    return {
      sessions,
      nextCursor: more ? Buffer.from(position).toString("base64url") : null,
    };
  }
}
