import type { Clock, Logger, SessionEnd } from "@sandbox-system/contract";
import { ConnectionLost } from "../execd/connection-lost.js";
import type { WarmPool } from "../pool/warm-pool.js";
import type { Sandbox } from "../sandbox/sandbox.js";
import { Session, sessionSnapshot, type SessionTerms } from "./session.js";
import type { SessionKeeper } from "./session-keeper.js";
import type { SessionLedger } from "./session-ledger.js";
import { SessionTable } from "./session-table.js";

/** What a session's beginning and end touch. */
export interface SessionLifecycleOptions {
  readonly pool: WarmPool;
  readonly ledger: SessionLedger;
  readonly keeper: SessionKeeper;
  readonly clock: Clock;
  readonly logger: Logger;
}

const END_REASONS: Readonly<Record<SessionEnd, string>> = {
  closed: "the session was closed",
  expired: "the session expired",
  lost: "the sandbox died",
};

const REFUSED = new ConnectionLost("the session was refused before anybody saw it");
const HANDED_OVER = new ConnectionLost("the worker stopped and left the session to its successor");

/**
 * The two ends of a session's life, in order. It begins: claim a sandbox, write down what a successor needs, tell the ledger, show it. It ends:
 * hide it, tell the ledger, forget what was written, destroy the sandbox.
 */
export class SessionLifecycle {
  readonly table = new SessionTable();

  constructor(private readonly options: SessionLifecycleOptions) {}

  /**
   * Makes a session and shows it.
   * @throws SandboxError `POOL_EXHAUSTED`, `ENGINE_UNAVAILABLE`, `DRAINING`, all retryable; or what the ledger refused it with.
   */
  async open(terms: Omit<SessionTerms, "createdAtMs">): Promise<Session> {
    const { pool, ledger, keeper, clock, logger } = this.options;
    const startedMs = clock.monotonicMs();
    const sandbox = await pool.claim();
    const session = new Session({ ...terms, createdAtMs: clock.now(), sandbox });
    // Kept first: what the ledger believes to be here must be found by a successor.
    await keeper.keep(session);
    try {
      await ledger.opened(session.snapshot());
    } catch (error) {
      logger.warn("session.refuse", { sessionId: terms.id, sandboxId: sandbox.id });
      await Promise.all([keeper.forget(sandbox.id), pool.discard(sandbox, REFUSED)]);
      throw error;
    }
    this.#show(session);
    logger.info("session.create", {
      sessionId: terms.id,
      sandboxId: sandbox.id,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    });
    return session;
  }

  /** Shows a session that an earlier process kept; its sandbox was adopted. It has been active just now. */
  adopt(terms: SessionTerms, sandbox: Sandbox): void {
    const session = new Session({ ...terms, sandbox });
    session.touch(this.options.clock.now());
    this.options.pool.adopt(sandbox);
    this.#show(session);
  }

  /** A session that an earlier process kept is over: its sandbox did not come back. Its callers are told so, not given an empty one. */
  async loseKept(terms: SessionTerms, sandboxId: string): Promise<void> {
    this.table.remember(terms, "lost");
    this.options.ledger.ended(sessionSnapshot(terms, terms.createdAtMs), "lost");
    await this.options.keeper.forget(sandboxId);
  }

  /**
   * Ends a session; resolves, when its sandbox is gone, to whether this call did it. What is seen of the session changes before anything is
   * awaited. `fenced`: it is somebody else's by now, so the ledger is not told.
   */
  async end(session: Session, end: SessionEnd, { fenced = false } = {}): Promise<boolean> {
    const { pool, ledger, keeper, logger } = this.options;
    const { sandbox, id } = session.facts;
    const reason = new ConnectionLost(END_REASONS[end]);
    if (!session.finish(end)) {
      await sandbox.destroy(reason);
      return false;
    }
    this.table.remove(session);
    logger.info("session.end", { sessionId: id, sandboxId: sandbox.id, outcome: end, fenced });
    if (!fenced) ledger.ended(session.snapshot(), end);
    await Promise.all([keeper.forget(sandbox.id), pool.discard(sandbox, reason)]);
    return true;
  }

  /** Leaves a session to the successor process: it stays in the table, its sandbox goes on by itself. */
  handOver(session: Session): void {
    if (session.handOver()) this.options.pool.handOver(session.facts.sandbox, HANDED_OVER);
  }

  #show(session: Session): void {
    this.table.add(session);
    session.facts.sandbox.onLost(() => void this.end(session, "lost"));
  }
}
