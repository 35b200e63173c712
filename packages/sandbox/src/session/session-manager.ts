import {
  type Clock,
  newSessionId,
  type SandboxError,
  sandboxError,
  type SessionRequest,
  type Tenant,
} from "@sandbox-system/contract";
import { withinDeadline } from "../within-deadline.js";
import type { Session } from "./session.js";
import type { SessionLifecycle } from "./session-lifecycle.js";
import { SessionOpenings } from "./session-openings.js";
import type { SessionTable } from "./session-table.js";

/** What the manager needs. */
export interface SessionManagerOptions {
  readonly lifecycle: SessionLifecycle;
  readonly defaultTimeoutMs: number;
  readonly clock: Clock;
}

/** A session and whether this call made it. */
export interface ObtainedSession {
  readonly session: Session;
  readonly created: boolean;
}

/**
 * Sessions of one worker: get-or-create, use, end, expire.
 *
 * A thread that is being given a session holds the promise of it, and callers that come meanwhile join that promise: one sandbox is
 * claimed, everybody gets the same session (docs/CONCURRENCY.md).
 */
export class SessionManager {
  readonly openings = new SessionOpenings();
  #draining = false;
  #stopping = false;
  #operations = 0;
  #whenIdle: (() => void)[] = [];

  constructor(private readonly options: SessionManagerOptions) {}

  get table(): SessionTable {
    return this.options.lifecycle.table;
  }

  /**
   * The thread's session; made here when there is none, with an id of its own and generation 1.
   * @throws SandboxError `POOL_EXHAUSTED`, `ENGINE_UNAVAILABLE`, `DRAINING`; all retryable.
   */
  async getOrCreate(tenant: Tenant, request: SessionRequest): Promise<ObtainedSession> {
    const existing = this.ofThread(tenant, request.threadId);
    if (existing !== undefined) {
      existing.touch(this.options.clock.now());
      return { session: existing, created: false };
    }
    this.requireOpen();
    const joined = this.openings.ofThread(tenant, request.threadId);
    if (joined !== undefined) return { session: await joined.session, created: false };
    const session = await this.create(tenant, request, {
      sessionId: newSessionId(),
      generation: 1,
    });
    return { session, created: true };
  }

  /** Makes a session, which callers may join meanwhile; nobody may be making one of this id or thread. @throws as {@link getOrCreate} */
  create(
    tenant: Tenant,
    request: SessionRequest,
    { sessionId, generation }: { sessionId: string; generation: number },
  ): Promise<Session> {
    const { threadId, userId, timeoutMinutes, env = {}, metadata = {} } = request;
    const { lifecycle, defaultTimeoutMs } = this.options;
    const timeoutMs = timeoutMinutes === undefined ? defaultTimeoutMs : timeoutMinutes * 60_000;
    const terms = { id: sessionId, tenant, threadId, userId, generation, timeoutMs, env, metadata };
    return this.openings.begin({ tenant, threadId, sessionId, generation }, () =>
      lifecycle.open(terms),
    );
  }

  /** @throws SandboxError `DRAINING` when no new sessions are taken. */
  requireOpen(): void {
    if (this.#draining) throw draining("takes no new sessions");
  }

  /** The thread's session; one whose time is up is ended rather than shown. */
  ofThread(tenant: Tenant, threadId: string): Session | undefined {
    const session = this.table.ofThread(tenant, threadId);
    return session !== undefined && this.isAlive(session) ? session : undefined;
  }

  /** @throws SandboxError `SESSION_NOT_FOUND`, `SESSION_EXPIRED`, `SESSION_LOST` */
  get(tenant: Tenant, sessionId: string): Session {
    const session = this.table.find(tenant, sessionId);
    if (session === undefined || !this.isAlive(session)) {
      throw this.table.absence(tenant, sessionId);
    }
    return session;
  }

  /** Whether a session can still be shown; ends one whose time is up. */
  isAlive(session: Session): boolean {
    if (session.state === "active" && session.isExpired(this.options.clock.now())) {
      void this.options.lifecycle.end(session, "expired");
    }
    return session.state !== "ended";
  }

  /** Runs an operation of a session; the session does not expire meanwhile. @throws as {@link get}, `DRAINING`, or what the operation does. */
  async use<T>(
    tenant: Tenant,
    sessionId: string,
    operation: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = this.get(tenant, sessionId);
    if (this.#stopping) throw draining("takes no new commands");
    session.enter(this.options.clock.now());
    this.#operations += 1;
    try {
      return await operation(session);
    } finally {
      session.leave(this.options.clock.now());
      this.#operations -= 1;
      if (this.#operations === 0) this.#announceIdle();
    }
  }

  /**
   * Ends a session; resolves when its sandbox is gone. Nothing happens when it is not there.
   * @throws SandboxError `DRAINING` when it was left to the successor of this process, who can end it.
   */
  async close(tenant: Tenant, sessionId: string): Promise<void> {
    const session = this.table.find(tenant, sessionId);
    if (session === undefined) return;
    if (session.state === "handed-over") throw draining("has left this session to its successor");
    await this.options.lifecycle.end(session, "closed");
  }

  /** Ends every session; resolves when their sandboxes are gone. */
  async closeAll(): Promise<void> {
    const { lifecycle } = this.options;
    await Promise.all([...this.table.all()].map((session) => lifecycle.end(session, "closed")));
  }

  /** Leaves every session to the successor process. Operations that still run are interrupted. */
  handOverAll(): void {
    for (const session of this.table.all()) this.options.lifecycle.handOver(session);
  }

  /** Ends every session whose time is up; resolves to how many when their sandboxes are gone. */
  async sweep(): Promise<number> {
    const { lifecycle, clock } = this.options;
    const now = clock.now();
    const expired = [...this.table.all()].filter((session) => session.isExpired(now));
    await Promise.all(expired.map((session) => lifecycle.end(session, "expired")));
    return expired.length;
  }

  /** Refuses new sessions from now on. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Refuses new operations too; resolves when operations and openings under way have ended, or after `deadlineMs`. 0: at once.
   */
  async quiesce(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#stopping = true;
    if (deadlineMs === 0) return;
    const quiet = Promise.all([this.#idle(), this.openings.settled()]);
    await withinDeadline(quiet, { clock: this.options.clock, deadlineMs }).catch(() => undefined);
  }

  #idle(): Promise<void> {
    if (this.#operations === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #announceIdle(): void {
    for (const announce of this.#whenIdle) announce();
    this.#whenIdle = [];
  }
}

function draining(what: string): SandboxError {
  return sandboxError("DRAINING", `This worker is shutting down and ${what}.`, {
    retryAfterSeconds: 1,
  });
}
