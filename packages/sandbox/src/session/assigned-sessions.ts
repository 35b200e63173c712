import {
  absenceError,
  type Clock,
  type SessionRequest,
  type Tenant,
} from "@sandbox-system/contract";
import type { Session } from "./session.js";
import type { SessionLifecycle } from "./session-lifecycle.js";
import type { ObtainedSession, SessionManager } from "./session-manager.js";
import type { Opening } from "./session-openings.js";

/** Which session somebody outside, a cluster's registry, has given to this worker. */
export interface SessionAssignment {
  readonly sessionId: string;
  /** From 1. */
  readonly generation: number;
  /** false: the registry says that it is here already. */
  readonly create: boolean;
}

/** Why a session is to be ended from outside. `fenced`: it belongs to somebody else now. */
export type RetireReason = "expired" | "closed" | "fenced";

/** What assigned sessions work with. */
export interface AssignedSessionsOptions {
  readonly sessions: SessionManager;
  readonly lifecycle: SessionLifecycle;
  readonly clock: Clock;
}

/**
 * Sessions whose ids and generations are given out elsewhere. Between looking and acting nothing is awaited, so that the answer fits what is
 * done (docs/CONCURRENCY.md).
 */
export class AssignedSessions {
  constructor(private readonly options: AssignedSessionsOptions) {}

  /**
   * The session of exactly this id and generation. One of a lower generation, and another one of the same thread, are superseded: they end as
   * lost.
   * @throws SandboxError `SESSION_LOST` when it should be here and is not; `SESSION_EXPIRED`, `SESSION_LOST`, `SESSION_NOT_FOUND` when it
   *   ended here; `SESSION_NOT_FOUND` when a later generation is here; as `SessionManager.getOrCreate` when it is made.
   */
  async open(
    tenant: Tenant,
    request: SessionRequest,
    assignment: SessionAssignment,
  ): Promise<ObtainedSession> {
    for (;;) {
      const opening = this.#underWay(tenant, request.threadId, assignment);
      if (opening === undefined) break;
      if (isIt(opening, tenant, assignment)) {
        return { session: await opening.session, created: false };
      }
      await Promise.allSettled([opening.session]);
    }
    const present = this.#present(tenant, assignment);
    if (present !== undefined) {
      present.touch(this.options.clock.now());
      return { session: present, created: false };
    }
    this.#requireUnknown(tenant, assignment);
    const { sessions, lifecycle } = this.options;
    sessions.requireOpen();
    const holder = sessions.ofThread(tenant, request.threadId);
    // Not awaited: it is out of the table at once, and its place in the pool is free when its sandbox is gone.
    if (holder !== undefined) void lifecycle.end(holder, "lost");
    return { session: await sessions.create(tenant, request, assignment), created: true };
  }

  /**
   * Ends a session if this very generation of it is here; `expired` only when it has idled beyond its timeout, which this worker knows best.
   * Resolves, when its sandbox is gone, to whether it ended by this call.
   */
  async retire(sessionId: string, generation: number, reason: RetireReason): Promise<boolean> {
    const { lifecycle, clock } = this.options;
    const session = lifecycle.table.byId(sessionId);
    if (session?.facts.generation !== generation) return false;
    switch (reason) {
      case "expired":
        return session.isExpired(clock.now()) && (await lifecycle.end(session, "expired"));
      case "closed":
        return await lifecycle.end(session, "closed");
      case "fenced":
        return await lifecycle.end(session, "lost", { fenced: true });
    }
  }

  /** What is being made for this id or thread. */
  #underWay(
    tenant: Tenant,
    threadId: string,
    { sessionId }: SessionAssignment,
  ): Opening | undefined {
    const { openings } = this.options.sessions;
    return openings.ofSession(sessionId) ?? openings.ofThread(tenant, threadId);
  }

  /** The session when it is here, alive, of this generation; a lower one ends. */
  #present(tenant: Tenant, { sessionId, generation }: SessionAssignment): Session | undefined {
    const { sessions, lifecycle } = this.options;
    const session = lifecycle.table.byId(sessionId);
    if (session === undefined || !sessions.isAlive(session)) return undefined;
    const { facts } = session;
    if (facts.tenant !== tenant || facts.generation > generation) throw absenceError(undefined);
    if (facts.generation === generation) return session;
    void lifecycle.end(session, "lost");
    return undefined;
  }

  /** Throws why a session that is not here cannot be made here. A lower generation that ended does not stand in its way. */
  #requireUnknown(tenant: Tenant, { sessionId, generation, create }: SessionAssignment): void {
    const ended = this.options.lifecycle.table.endOf(sessionId);
    if (ended !== undefined && ended.generation >= generation) {
      throw absenceError(ended.tenant === tenant ? ended.end : undefined);
    }
    if (!create) throw absenceError("lost");
  }
}

function isIt(opening: Opening, tenant: Tenant, assignment: SessionAssignment): boolean {
  return (
    opening.tenant === tenant &&
    opening.sessionId === assignment.sessionId &&
    opening.generation === assignment.generation
  );
}
