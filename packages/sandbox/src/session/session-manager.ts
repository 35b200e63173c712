import {
  type Clock,
  type Logger,
  newSessionId,
  type SandboxError,
  sandboxError,
  type Timer,
  type SessionRequest,
  type Tenant,
} from "@sandbox-system/contract";
import { ConnectionLost } from "../execd/connection-lost.js";
import type { WarmPool } from "../pool/warm-pool.js";
import { Session } from "./session.js";
import { SessionTable } from "./session-table.js";
import type { SessionEnd } from "./session-state.js";

/** What the manager needs. */
export interface SessionManagerOptions {
  readonly pool: WarmPool;
  readonly defaultTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A session and whether this call made it. */
export interface ObtainedSession {
  readonly session: Session;
  readonly created: boolean;
}

const END_REASONS: Readonly<Record<SessionEnd, string>> = {
  closed: "the session was closed",
  expired: "the session expired",
  lost: "the sandbox died",
};

/**
 * Sessions of one worker: get-or-create, use, end, expire.
 *
 * A thread that is being given a session holds the promise of it, and callers that come meanwhile join that promise: one sandbox is
 * claimed, everybody gets the same session (docs/CONCURRENCY.md).
 */
export class SessionManager {
  readonly table = new SessionTable();
  readonly #opening = new Map<string, Promise<Session>>();
  #draining = false;
  #stopping = false;
  #operations = 0;
  #whenIdle: (() => void)[] = [];

  constructor(private readonly options: SessionManagerOptions) {}

  /** @throws SandboxError `POOL_EXHAUSTED`, `ENGINE_UNAVAILABLE`, `DRAINING`; all retryable. */
  async getOrCreate(tenant: Tenant, request: SessionRequest): Promise<ObtainedSession> {
    const existing = this.ofThread(tenant, request.threadId);
    if (existing !== undefined) {
      existing.touch(this.options.clock.now());
      return { session: existing, created: false };
    }
    if (this.#draining) throw draining("takes no new sessions");
    const key = `${tenant}\u0000${request.threadId}`;
    const joined = this.#opening.get(key);
    if (joined !== undefined) return { session: await joined, created: false };
    const opening = this.#open(tenant, request).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return { session: await opening, created: true };
  }

  /** The thread's session; one whose time is up is ended rather than shown. */
  ofThread(tenant: Tenant, threadId: string): Session | undefined {
    const session = this.table.ofThread(tenant, threadId);
    return session !== undefined && this.#isAlive(session) ? session : undefined;
  }

  /** @throws SandboxError `SESSION_NOT_FOUND`, `SESSION_EXPIRED`, `SESSION_LOST` */
  get(tenant: Tenant, sessionId: string): Session {
    const session = this.table.find(tenant, sessionId);
    if (session === undefined || !this.#isAlive(session)) {
      throw this.table.absence(tenant, sessionId);
    }
    return session;
  }

  /** Runs an operation of a session; the session does not expire meanwhile. @throws as {@link get}, or what the operation does. */
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

  /** Ends a session; resolves when its sandbox is gone. Nothing happens when it is not there. */
  async close(tenant: Tenant, sessionId: string): Promise<void> {
    const session = this.table.find(tenant, sessionId);
    if (session !== undefined) await this.#end(session, "closed");
  }

  /** Ends every session; resolves when their sandboxes are gone. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.table.all()].map((session) => this.#end(session, "closed")));
  }

  /** Ends every session whose time is up; resolves to how many when their sandboxes are gone. */
  async sweep(): Promise<number> {
    const now = this.options.clock.now();
    const expired = [...this.table.all()].filter((session) => session.isExpired(now));
    await Promise.all(expired.map((session) => this.#end(session, "expired")));
    return expired.length;
  }

  /** Refuses new sessions from now on. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Refuses new operations too; resolves when those under way have ended, or after `deadlineMs`. */
  async quiesce(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#stopping = true;
    if (this.#operations === 0) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
      timer = this.options.clock.setTimer(deadlineMs, resolve);
    });
    timer?.cancel();
  }

  #announceIdle(): void {
    for (const announce of this.#whenIdle) announce();
    this.#whenIdle = [];
  }

  #isAlive(session: Session): boolean {
    if (session.state === "active" && session.isExpired(this.options.clock.now())) {
      void this.#end(session, "expired");
    }
    return session.state === "active";
  }

  async #open(tenant: Tenant, request: SessionRequest): Promise<Session> {
    const { pool, clock, logger, defaultTimeoutMs } = this.options;
    const startedMs = clock.monotonicMs();
    const sandbox = await pool.claim();
    const session = new Session({
      id: newSessionId(),
      tenant,
      threadId: request.threadId,
      userId: request.userId,
      generation: 1,
      sandbox,
      createdAtMs: clock.now(),
      timeoutMs:
        request.timeoutMinutes === undefined ? defaultTimeoutMs : request.timeoutMinutes * 60_000,
      env: request.env ?? {},
      metadata: request.metadata ?? {},
    });
    this.table.add(session);
    sandbox.onLost(() => void this.#end(session, "lost"));
    logger.info("session.create", {
      sessionId: session.facts.id,
      sandboxId: sandbox.id,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    });
    return session;
  }

  async #end(session: Session, end: SessionEnd): Promise<void> {
    const { pool, logger } = this.options;
    const { sandbox, id } = session.facts;
    const reason = new ConnectionLost(END_REASONS[end]);
    if (!session.finish(end)) {
      await sandbox.destroy(reason);
      return;
    }
    this.table.remove(session);
    logger.info("session.end", { sessionId: id, sandboxId: sandbox.id, outcome: end });
    await pool.discard(sandbox, reason);
  }
}

function draining(what: string): SandboxError {
  return sandboxError("DRAINING", `This worker is shutting down and ${what}.`, {
    retryAfterSeconds: 1,
  });
}
