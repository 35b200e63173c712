import {
  absenceError,
  type SandboxError,
  type SessionEnd,
  type Tenant,
} from "@sandbox-system/contract";
import { LRUCache } from "lru-cache";
import type { Session, SessionTerms } from "./session.js";

/** Ended sessions that are remembered: enough for a day of a busy worker, about 200 bytes each. */
const REMEMBERED_ENDS = 10_000;
/** A client that comes back later than this gets "not found" rather than the reason. */
const REMEMBER_MS = 24 * 60 * 60 * 1000;

/** What is remembered of a session that is over. */
export interface RememberedEnd {
  readonly tenant: Tenant;
  readonly generation: number;
  readonly end: SessionEnd;
}

/** The sessions that one worker serves, by id and by thread; and, for a while, why the ended ones ended. */
export class SessionTable {
  readonly #byId = new Map<string, Session>();
  readonly #byThread = new Map<string, Session>();
  readonly #ends = new LRUCache<string, RememberedEnd>({
    max: REMEMBERED_ENDS,
    ttl: REMEMBER_MS,
  });

  get size(): number {
    return this.#byId.size;
  }

  all(): IterableIterator<Session> {
    return this.#byId.values();
  }

  add(session: Session): void {
    this.#byId.set(session.facts.id, session);
    this.#byThread.set(threadKey(session.facts.tenant, session.facts.threadId), session);
  }

  /** Takes an ended session out; its thread is free. */
  remove(session: Session): void {
    const { id, tenant, threadId } = session.facts;
    this.#byId.delete(id);
    const key = threadKey(tenant, threadId);
    if (this.#byThread.get(key) === session) this.#byThread.delete(key);
    if (session.end !== undefined) this.remember(session.facts, session.end);
  }

  /** Notes how a session ended, also one that was never shown by this process. */
  remember({ id, tenant, generation }: SessionTerms, end: SessionEnd): void {
    this.#ends.set(id, { tenant, generation, end });
  }

  /** How the session of this id ended here; undefined: it did not, or long ago. */
  endOf(sessionId: string): RememberedEnd | undefined {
    return this.#ends.get(sessionId);
  }

  /** The session of this id, whose ever it is. */
  byId(sessionId: string): Session | undefined {
    return this.#byId.get(sessionId);
  }

  ofThread(tenant: Tenant, threadId: string): Session | undefined {
    return this.#byThread.get(threadKey(tenant, threadId));
  }

  /** The session, if it is this tenant's. */
  find(tenant: Tenant, sessionId: string): Session | undefined {
    const session = this.#byId.get(sessionId);
    return session?.facts.tenant === tenant ? session : undefined;
  }

  /** Why there is no such session. Another tenant's session never was there. */
  absence(tenant: Tenant, sessionId: string): SandboxError {
    const remembered = this.#ends.get(sessionId);
    return absenceError(remembered?.tenant === tenant ? remembered.end : undefined);
  }
}

/** A separator that ids cannot contain keeps (a, bc) apart from (ab, c). */
function threadKey(tenant: Tenant, threadId: string): string {
  return `${tenant}\u0000${threadId}`;
}
