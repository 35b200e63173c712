import type { SessionInfo, SessionStatus, Tenant, SessionEnd } from "@sandbox-system/contract";
import type { Sandbox } from "../sandbox/sandbox.js";
import type { SessionSnapshot } from "./session-ledger.js";
import type { SessionState } from "./session-state.js";

/** What does not change during a session, wherever it runs. */
export interface SessionTerms {
  readonly id: string;
  readonly tenant: Tenant;
  readonly threadId: string;
  readonly userId: string;
  /** Rises each time the session is bound to another sandbox. */
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** Idle time after which it expires, milliseconds. */
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The terms of a session and the sandbox that serves it. */
export interface SessionFacts extends SessionTerms {
  readonly sandbox: Sandbox;
}

/** What a conversation holds; see {@link SessionState}. Operations under way keep it from expiring. */
export class Session {
  #state: SessionState = "active";
  #end: SessionEnd | undefined;
  #lastActivityMs: number;
  #operations = 0;

  constructor(readonly facts: SessionFacts) {
    this.#lastActivityMs = facts.createdAtMs;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why it ended; undefined while it is active. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  /** Operations under way. */
  get operations(): number {
    return this.#operations;
  }

  /** Notes activity. */
  touch(nowMs: number): void {
    this.#lastActivityMs = Math.max(this.#lastActivityMs, nowMs);
  }

  /** An operation begins. */
  enter(nowMs: number): void {
    this.#operations += 1;
    this.touch(nowMs);
  }

  /** An operation ended; idle time counts from here. */
  leave(nowMs: number): void {
    this.#operations -= 1;
    this.touch(nowMs);
  }

  /** Whether it has idled for longer than it may. */
  isExpired(nowMs: number): boolean {
    return this.#operations === 0 && nowMs - this.#lastActivityMs >= this.facts.timeoutMs;
  }

  /** Ends it; the first reason stays. False: it had ended before, or was handed over. */
  finish(reason: SessionEnd): boolean {
    if (this.#state !== "active") return false;
    this.#state = "ended";
    this.#end = reason;
    return true;
  }

  /** Leaves it to a successor process. False: it has ended. */
  handOver(): boolean {
    if (this.#state === "ended") return false;
    this.#state = "handed-over";
    return true;
  }

  snapshot(): SessionSnapshot {
    return sessionSnapshot(this.facts, this.#lastActivityMs);
  }
}

/** A session as a ledger sees it. */
export function sessionSnapshot(terms: SessionTerms, lastActivityMs: number): SessionSnapshot {
  const { id: sessionId, tenant, threadId, userId, generation, createdAtMs, timeoutMs } = terms;
  return {
    sessionId,
    tenant,
    threadId,
    userId,
    generation,
    createdAtMs,
    lastActivityMs,
    timeoutMs,
  };
}

/** A session as callers see it. */
export function sessionInfo(
  session: Session,
  workerId: string,
  status: SessionStatus,
): SessionInfo {
  const { facts, lastActivityMs } = session;
  const { workspaceDir, user } = facts.sandbox.identity;
  return {
    sessionId: facts.id,
    threadId: facts.threadId,
    userId: facts.userId,
    status,
    workspaceDir,
    user,
    workerId,
    createdAt: new Date(facts.createdAtMs),
    lastActivity: new Date(lastActivityMs),
    expiresAt: new Date(lastActivityMs + facts.timeoutMs),
    metadata: facts.metadata,
  };
}
