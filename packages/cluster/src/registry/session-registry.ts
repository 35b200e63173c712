import type { SessionEnd } from "@sandbox-system/contract";
import type { Owner, SessionFacts, SessionFence, SessionRecord } from "./session-record.js";

/** Whose thread is claimed, and where its session shall be made if there is none. */
export interface ClaimRequest {
  readonly tenant: string;
  readonly threadId: string;
  readonly userId: string;
  /** Id of the session if this claim makes it. */
  readonly sessionId: string;
  /** The worker that this claim would place it on. */
  readonly workerId: string;
}

/** The session of a thread, and where it is. */
export interface Claim extends SessionFence {
  readonly workerId: string;
  /** `placing`: ask the worker to make it; it joins those who ask twice. `active`: the worker has it. */
  readonly state: "placing" | "active";
  /** Whether this claim made the record. */
  readonly claimed: boolean;
}

/** A session's activity, milliseconds since the epoch. */
export interface SessionActivity extends SessionFence {
  readonly lastActivityMs: number;
}

/** What came of declaring a session lost. */
export type LossVerdict = "lost" | "worker-alive" | "not-current";

/**
 * Who holds which session. The only state that coordinators and workers share; every method is one atomic step, and every write is fenced
 * by owner or generation, so that late, duplicate and stale callers change nothing.
 *
 * All methods reject with `REGISTRY_UNAVAILABLE` (retryable, Retry-After 1 s) when the registry cannot be asked.
 */
export interface SessionRegistry {
  /**
   * The atomic join: the thread's session, made as `placing` on `workerId` when it has none. A record whose worker's lease has run
   * out, or that has been `placing` for longer than a placement can take, does not count. Rejects with `REGISTRY_UNAVAILABLE` as well while an
   * emptied registry is being filled again by the workers, unless the thread is known already.
   */
  claimThread(request: ClaimRequest): Promise<Claim>;

  /**
   * Puts a session that is still being placed on another worker, generation + 1. When somebody else was quicker (it is active, or has a
   * higher generation), gives where it is now. undefined: it has ended or is unknown.
   */
  place(fence: SessionFence, workerId: string): Promise<Claim | undefined>;

  /** Gives up placing a session: record and thread are free. Nothing happens when it has gone on without the caller. */
  abandon(fence: SessionFence): Promise<void>;

  /** The worker has a sandbox for it. false: it is not this worker's to hold (any more); the sandbox must go. Idempotent for its owner. */
  activate(session: SessionFacts, owner: Owner): Promise<boolean>;

  /** The record, ended ones included; undefined: never heard of it, or forgotten. */
  find(sessionId: string): Promise<SessionRecord | undefined>;

  /** The thread's session that has not ended. */
  findThread(tenant: string, threadId: string): Promise<SessionRecord | undefined>;

  /** Ends a session of exactly this generation. false: it was not there (ended before, another generation, unknown). */
  end(fence: SessionFence, end: SessionEnd): Promise<boolean>;

  /** Ends a session as lost if its worker's lease has run out. */
  declareLost(fence: SessionFence): Promise<LossVerdict>;

  /** Notes activity; later activity wins. Gives the ids that are not this owner's (any more). */
  touch(owner: Owner, activities: readonly SessionActivity[]): Promise<readonly string[]>;

  /**
   * A worker says what it holds, after it has registered or the registry was away: records that are missing are made, its own
   * are taken over by this registration, and what the registry had on this worker that is not among them ends as lost. Gives the ids
   * that are not this worker's to hold: ended meanwhile, moved elsewhere, or their thread has another session.
   */
  restore(owner: Owner, sessions: readonly SessionFacts[]): Promise<readonly string[]>;

  /** Sessions whose idle time is over as far as the registry knows, longest overdue first. The worker has the last word. */
  overdue(limit: number): Promise<readonly SessionRecord[]>;

  /**
   * One bounded pass over what nobody will tidy up: sessions of workers whose lease has run out end as lost, placements that nobody
   * finished are dropped. Gives how many of each.
   */
  sweep(limit: number): Promise<{ readonly lost: number; readonly abandoned: number }>;
}
