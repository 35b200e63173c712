import type { Clock, SessionEnd } from "@sandbox-system/contract";
import { registrySettling, registryUnavailable } from "../redis/registry-unavailable.js";
import { KEEP_ENDED_MS, PLACING_MS, SETTLE_MS } from "../redis/registry-rules.js";
import type {
  Claim,
  ClaimRequest,
  LossVerdict,
  SessionActivity,
  SessionRegistry,
} from "../registry/session-registry.js";
import type {
  Owner,
  SessionFacts,
  SessionFence,
  SessionRecord,
} from "../registry/session-record.js";

/** A record, and what the registry notes beside it. */
interface Kept {
  record: SessionRecord;
  placingSinceMs: number;
  forgetAtMs: number;
}

/**
 * The registry in memory, for tests of those who use one: passes the same conformance suite as the one in Redis. Tests say which workers hold
 * a lease, and whether it can be reached at all.
 */
export class MemorySessionRegistry implements SessionRegistry {
  /** Whether it can be asked; false: every method rejects with `REGISTRY_UNAVAILABLE`. */
  available = true;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Kept>();
  readonly #threads = new Map<string, string>();
  readonly #leases = new Map<string, string>();
  #settledAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A boot of a worker takes the worker's name and holds its lease until {@link loseLease}. */
  register({ workerId, registrationId }: Owner): void {
    this.#leases.set(workerId, registrationId);
  }

  /** A worker's lease runs out. */
  loseLease(workerId: string): void {
    this.#leases.delete(workerId);
  }

  /** Redis restarts empty: everything is forgotten, and it settles for a while. */
  empty(): void {
    this.#sessions.clear();
    this.#threads.clear();
    this.#leases.clear();
    this.#settledAtMs = this.#clock.now() + SETTLE_MS;
  }

  /** Ends the settling. */
  settle(): void {
    this.#settledAtMs = 0;
  }

  /** Makes a placement as old as one that nobody finishes. */
  agePlacement(sessionId: string): void {
    const kept = this.#sessions.get(sessionId);
    if (kept !== undefined) kept.placingSinceMs = this.#clock.now() - PLACING_MS;
  }

  claimThread(request: ClaimRequest): Promise<Claim> {
    return this.#answer(() => {
      const { tenant, threadId, userId, sessionId, workerId } = request;
      const kept = this.#ofThread(tenant, threadId);
      if (kept !== undefined) {
        const life = this.#liveness(kept);
        if (life === "live") return claimOf(kept.record, false);
        if (life === "unsure") throw registrySettling();
        this.#bury(kept);
      }
      if (this.#isSettling) throw registrySettling();
      const now = this.#clock.now();
      const record: SessionRecord = {
        ...{ sessionId, tenant, threadId, userId, workerId },
        ...{ registrationId: "", generation: 1, state: "placing", end: undefined },
        ...{ createdAtMs: now, lastActivityMs: now, timeoutMs: 0 },
      };
      this.#sessions.set(sessionId, { record, placingSinceMs: now, forgetAtMs: Infinity });
      this.#threads.set(threadKey(record), sessionId);
      return claimOf(record, true);
    });
  }

  place({ sessionId, generation }: SessionFence, workerId: string): Promise<Claim | undefined> {
    return this.#answer(() => {
      const kept = this.#kept(sessionId);
      if (kept === undefined || kept.record.state === "ended") return undefined;
      if (kept.record.state !== "placing" || kept.record.generation !== generation)
        return claimOf(kept.record, false);
      kept.record = { ...kept.record, workerId, generation: generation + 1 };
      kept.placingSinceMs = this.#clock.now();
      return claimOf(kept.record, true);
    });
  }

  abandon({ sessionId, generation }: SessionFence): Promise<void> {
    return this.#answer(() => {
      const kept = this.#kept(sessionId);
      if (kept?.record.state !== "placing" || kept.record.generation !== generation) return;
      this.#drop(kept.record);
    });
  }

  activate(session: SessionFacts, owner: Owner): Promise<boolean> {
    return this.#answer(() => {
      const record = this.#kept(session.sessionId)?.record;
      if (!this.#isRegistered(owner) || record?.generation !== session.generation) return false;
      if (record.workerId !== owner.workerId) return false;
      const isOurs = record.state === "active" && record.registrationId === owner.registrationId;
      if (record.state !== "placing" && !isOurs) return false;
      this.#hold(session, owner);
      return true;
    });
  }

  find(sessionId: string): Promise<SessionRecord | undefined> {
    return this.#answer(() => this.#kept(sessionId)?.record);
  }

  findThread(tenant: string, threadId: string): Promise<SessionRecord | undefined> {
    return this.#answer(() => this.#ofThread(tenant, threadId)?.record);
  }

  end({ sessionId, generation }: SessionFence, end: SessionEnd): Promise<boolean> {
    return this.#answer(() => {
      const kept = this.#kept(sessionId);
      if (kept === undefined || kept.record.state === "ended") return false;
      if (kept.record.generation !== generation) return false;
      this.#end(kept, end);
      return true;
    });
  }

  declareLost({ sessionId, generation }: SessionFence): Promise<LossVerdict> {
    return this.#answer(() => {
      const kept = this.#kept(sessionId);
      if (kept?.record.state !== "active" || kept.record.generation !== generation)
        return "not-current";
      if (this.#liveness(kept) !== "dead") return "worker-alive";
      this.#end(kept, "lost");
      return "lost";
    });
  }

  touch(owner: Owner, activities: readonly SessionActivity[]): Promise<readonly string[]> {
    return this.#answer(() =>
      activities.flatMap(({ sessionId, generation, lastActivityMs }) => {
        const kept = this.#kept(sessionId);
        if (kept?.record.generation !== generation) return [sessionId];
        if (!isHeldBy(kept.record, owner)) return [sessionId];
        const latestMs = Math.max(kept.record.lastActivityMs, lastActivityMs);
        kept.record = { ...kept.record, lastActivityMs: latestMs };
        return [];
      }),
    );
  }

  restore(owner: Owner, sessions: readonly SessionFacts[]): Promise<readonly string[]> {
    return this.#answer(() => {
      if (!this.#isRegistered(owner)) throw registryUnavailable("This worker is not registered.");
      const others = sessions.filter((session) => {
        if (!this.#mayHold(session, owner)) return true;
        this.#hold(session, owner);
        return false;
      });
      const held = new Set(sessions.map(({ sessionId }) => sessionId));
      for (const kept of this.#sessions.values()) {
        const { sessionId, state, workerId } = kept.record;
        if (state === "active" && workerId === owner.workerId && !held.has(sessionId))
          this.#end(kept, "lost");
      }
      return others.map(({ sessionId }) => sessionId);
    });
  }

  overdue(limit: number): Promise<readonly SessionRecord[]> {
    return this.#answer(() => {
      const now = this.#clock.now();
      return [...this.#sessions.values()]
        .map(({ record }) => record)
        .filter((record) => record.state === "active" && dueAtMs(record) <= now)
        .sort((left, right) => dueAtMs(left) - dueAtMs(right))
        .slice(0, limit);
    });
  }

  sweep(limit: number): Promise<{ readonly lost: number; readonly abandoned: number }> {
    return this.#answer(() => {
      const dead = [...this.#sessions.values()].filter((kept) => this.#liveness(kept) === "dead");
      const lost = dead.filter(({ record }) => record.state === "active").slice(0, limit);
      const abandoned = dead.filter(({ record }) => record.state === "placing").slice(0, limit);
      for (const kept of [...lost, ...abandoned]) this.#bury(kept);
      return { lost: lost.length, abandoned: abandoned.length };
    });
  }

  get #isSettling(): boolean {
    return this.#clock.now() < this.#settledAtMs;
  }

  async #answer<T>(ask: () => T): Promise<T> {
    // As over a network: nobody gets an answer within their own turn.
    await Promise.resolve();
    if (!this.available) throw registryUnavailable();
    return ask();
  }

  #kept(sessionId: string): Kept | undefined {
    const kept = this.#sessions.get(sessionId);
    if ((kept?.forgetAtMs ?? Infinity) <= this.#clock.now()) {
      this.#sessions.delete(sessionId);
      return undefined;
    }
    return kept;
  }

  #ofThread(tenant: string, threadId: string): Kept | undefined {
    const sessionId = this.#threads.get(threadKey({ tenant, threadId }));
    const kept = sessionId === undefined ? undefined : this.#kept(sessionId);
    return kept?.record.state === "ended" ? undefined : kept;
  }

  #isRegistered({ workerId, registrationId }: Owner): boolean {
    return this.#leases.get(workerId) === registrationId;
  }

  #liveness({ record, placingSinceMs }: Kept): "live" | "dead" | "unsure" {
    if (record.state === "ended") return "dead";
    if (record.state === "placing")
      return this.#clock.now() - placingSinceMs < PLACING_MS ? "live" : "dead";
    if (this.#leases.has(record.workerId)) return "live";
    return this.#isSettling ? "unsure" : "dead";
  }

  #mayHold(session: SessionFacts, { workerId }: Owner): boolean {
    const record = this.#kept(session.sessionId)?.record;
    if (record !== undefined) {
      if (record.state === "ended" || record.generation > session.generation) return false;
      if (record.generation === session.generation && record.workerId !== workerId) return false;
    }
    const other = this.#ofThread(session.tenant, session.threadId);
    if (other === undefined || other.record.sessionId === session.sessionId) return true;
    if (this.#liveness(other) !== "dead") return false;
    this.#bury(other);
    return true;
  }

  #hold(session: SessionFacts, { workerId, registrationId }: Owner): void {
    const record: SessionRecord = {
      ...session,
      ...{ workerId, registrationId, state: "active", end: undefined },
    };
    this.#sessions.set(session.sessionId, {
      record,
      placingSinceMs: 0,
      forgetAtMs: Infinity,
    });
    this.#threads.set(threadKey(record), session.sessionId);
  }

  #bury(kept: Kept): void {
    if (kept.record.state === "active") this.#end(kept, "lost");
    if (kept.record.state === "placing") this.#drop(kept.record);
  }

  #end(kept: Kept, end: SessionEnd): void {
    kept.record = { ...kept.record, state: "ended", end };
    kept.forgetAtMs = this.#clock.now() + KEEP_ENDED_MS;
    this.#freeThread(kept.record);
  }

  #drop(record: SessionRecord): void {
    this.#sessions.delete(record.sessionId);
    this.#freeThread(record);
  }

  #freeThread(record: SessionRecord): void {
    const key = threadKey(record);
    if (this.#threads.get(key) === record.sessionId) this.#threads.delete(key);
  }
}

function threadKey({ tenant, threadId }: { tenant: string; threadId: string }): string {
  return JSON.stringify([tenant, threadId]);
}

function claimOf(record: SessionRecord, claimed: boolean): Claim {
  const { sessionId, generation, workerId, state } = record;
  return {
    sessionId,
    generation,
    workerId,
    state: state === "active" ? "active" : "placing",
    claimed,
  };
}

function isHeldBy(record: SessionRecord, { workerId, registrationId }: Owner): boolean {
  return (
    record.state === "active" &&
    record.workerId === workerId &&
    record.registrationId === registrationId
  );
}

function dueAtMs({ lastActivityMs, timeoutMs }: SessionRecord): number {
  return lastActivityMs + timeoutMs;
}
