import {
  type Clock,
  type Logger,
  sandboxError,
  type Timer,
  type SessionEnd,
} from "@sandbox-system/contract";
import type { Owner, SessionFacts } from "../registry/session-record.js";
import type { SessionRegistry } from "../registry/session-registry.js";
import { COMMAND_TIMEOUT_MS } from "../redis/connection.js";
import { isRegistryUnavailable } from "../redis/registry-unavailable.js";
import { ActivityJournal } from "./activity-journal.js";
import type { ClusterMember } from "./cluster-member.js";
import { LeaseKnowledge } from "./lease-knowledge.js";
import type { MemberHost } from "./member-host.js";
import { NameKeeper } from "./name-keeper.js";
import { PendingEnds } from "./pending-ends.js";
import type { WorkerInfo } from "./worker-info.js";
import type { WorkerRegistrar } from "./worker-registrar.js";

/** Heartbeats come so much earlier or later, by chance, that a fleet does not beat as one. */
const JITTER = 0.1;

/** After a failure the next attempt comes at least so soon, milliseconds: all is well again within seconds of Redis's return. */
const RETRY_MS = 1000;

/** What a member needs of its connection. */
interface MemberConnection {
  readonly up: boolean;
  readonly localAddress: string | undefined;
  /** Calls `listener`, never within this call, each time Redis is there; the returned function stops that. */
  onUp(listener: () => void): () => void;
}

/** What {@link RegisteredMember} is made of. */
export interface RegisteredMemberParts {
  /** The worker; asked for once, when the member starts. */
  readonly host: () => MemberHost;
  readonly registrar: WorkerRegistrar;
  readonly registry: SessionRegistry;
  readonly connection: MemberConnection;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 … 1. */
  readonly random: () => number;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  /** Runs when the member starts: connects. */
  readonly open: (host: MemberHost) => void;
  /** Runs when the member stops, after the last word was said. */
  readonly close: () => Promise<void>;
}

/**
 * {@link ClusterMember} as rounds, one at a time: renew the lease (or register), tell what has ended, restore what is held when the registry may have
 * forgotten it, tell activity. A round that fails is tried again soon; what it had to tell is kept.
 */
export class RegisteredMember implements ClusterMember {
  readonly registered: Promise<void>;
  readonly #parts: RegisteredMemberParts;
  readonly #ends: PendingEnds;
  readonly #activity = new ActivityJournal();
  readonly #lease: LeaseKnowledge;
  readonly #name: NameKeeper;
  /** Sessions whose activation is under way: the host may not count them among its own yet. */
  readonly #opening = new Map<string, SessionFacts>();
  #madeHost: MemberHost | undefined;
  #confirmRegistered: () => void = () => undefined;
  #phase: "new" | "running" | "stopped" = "new";
  #owesRestore = false;
  #hasServed = false;
  #isRoundWanted = false;
  #rounds: Promise<void> | undefined;
  #lastRoundSucceeded = false;
  #resolvingDoubt: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(parts: RegisteredMemberParts) {
    const { registry, clock, leaseMs } = parts;
    this.#parts = parts;
    this.#ends = new PendingEnds(registry);
    this.#lease = new LeaseKnowledge(clock, leaseMs);
    this.#name = new NameKeeper(parts);
    this.registered = new Promise((resolve) => (this.#confirmRegistered = resolve));
  }

  get isRegistered(): boolean {
    return this.#name.wasHeld;
  }

  get connected(): boolean {
    return this.#parts.connection.up;
  }

  start(): void {
    if (this.#phase !== "new") return;
    this.#phase = "running";
    this.#parts.open(this.#host);
    this.#parts.connection.onUp(() => {
      // Redis may have been emptied, or this worker been given up.
      this.#owesRestore = true;
      this.announce();
    });
    this.announce();
  }

  announce(): void {
    if (this.#phase !== "running") return;
    this.#noteState();
    void this.#roundNow();
  }

  async sessionOpened(session: SessionFacts): Promise<void> {
    await this.awaitLease();
    if (this.connected && this.#isBehind) await this.#roundNow();
    this.#ends.cancel(session.sessionId);
    this.#opening.set(session.sessionId, session);
    try {
      if (await this.#parts.registry.activate(session, this.#owner)) return;
    } catch (error) {
      // It may have been written all the same; the caller will not show the session.
      this.#ends.add(session, "lost");
      throw error;
    } finally {
      // The host counts it among its own when its callers have been told, which takes a turn.
      this.#parts.clock.setTimer(0, () => this.#opening.delete(session.sessionId));
    }
    throw sandboxError(
      "SESSION_LOST",
      "The session was moved or ended while its sandbox was being prepared.",
    );
  }

  sessionEnded(session: SessionFacts, end: SessionEnd): void {
    this.#opening.delete(session.sessionId);
    this.#ends.add(session, end);
    if (this.#phase === "stopped") return;
    // What cannot be told now is told with the next round.
    void this.#ends.flush().catch(() => undefined);
  }

  awaitLease(): Promise<void> | undefined {
    if (this.#phase !== "running") return undefined;
    if (this.#resolvingDoubt === undefined && !this.#lease.isInDoubt) return undefined;
    this.#resolvingDoubt ??= this.#resolveDoubt().finally(() => (this.#resolvingDoubt = undefined));
    return this.#resolvingDoubt;
  }

  leave(leaseMs: number): Promise<void> {
    return this.#stop("cluster.leave", async () => {
      if (!this.#name.isHeld) return;
      const { registry, registrar } = this.#parts;
      await registry.touch(this.#owner, this.#activity.changes(this.#host.ownedSessions()));
      await registrar.beat({ ...this.#info(), state: "restarting" }, leaseMs);
    });
  }

  withdraw(): Promise<void> {
    return this.#stop("cluster.withdraw", () => this.#parts.registrar.withdraw(this.#owner));
  }

  get #host(): MemberHost {
    return (this.#madeHost ??= this.#parts.host());
  }

  get #owner(): Owner {
    const { workerId, registrationId } = this.#host;
    return { workerId, registrationId };
  }

  async #stop(event: string, lastWord: () => Promise<void>): Promise<void> {
    if (this.#phase === "stopped") return;
    const wasRunning = this.#phase === "running";
    this.#phase = "stopped";
    this.#timer?.cancel();
    const { logger, close } = this.#parts;
    if (wasRunning) {
      try {
        await this.#rounds;
        await this.#ends.flush();
        await lastWord();
        logger.info(event, { outcome: "ok" });
      } catch (error) {
        logger.warn(event, { outcome: "error", error });
      }
    }
    await close();
  }

  /** Whether the registry is still to be told something before it can be asked about sessions. */
  get #isBehind(): boolean {
    return !this.#name.isHeld || (this.#owesRestore && this.#mayRestore());
  }

  /** A round from now on; resolves when no further round is wanted. Never rejects. */
  #roundNow(): Promise<void> {
    if (this.#phase !== "running") return Promise.resolve();
    this.#isRoundWanted = true;
    this.#rounds ??= this.#runRounds().finally(() => (this.#rounds = undefined));
    return this.#rounds;
  }

  async #runRounds(): Promise<void> {
    this.#timer?.cancel();
    while (this.#isRoundWanted && this.#isRunning()) {
      this.#isRoundWanted = false;
      this.#lastRoundSucceeded = await this.#round();
    }
    if (!this.#isRunning()) return;
    const { clock, heartbeatMs, random } = this.#parts;
    const beatMs = heartbeatMs * (1 + JITTER * (2 * random() - 1));
    const delayMs = this.#lastRoundSucceeded ? beatMs : Math.min(RETRY_MS, beatMs);
    this.#timer = clock.setTimer(delayMs, () => void this.#roundNow());
  }

  /** Asked anew after every wait. */
  #isRunning(): boolean {
    return this.#phase === "running";
  }

  async #round(): Promise<boolean> {
    const { registry, logger } = this.#parts;
    const begun = this.#lease.moment();
    this.#noteState();
    try {
      if (!(await this.#keepName())) {
        this.#lease.prove(begun);
        return false;
      }
      await this.#ends.flush();
      await this.#restore();
      const owned = this.#host.ownedSessions();
      if (!this.#owesRestore) {
        const others = await registry.touch(this.#owner, this.#activity.changes(owned));
        this.#activity.note(owned);
        // The registry disagrees about who holds what: it has the last word.
        if (others.length > 0) this.#owesRestore = true;
      }
      this.#lease.prove(begun);
      return true;
    } catch (error) {
      if (isRegistryUnavailable(error)) this.#lease.prove(begun);
      else logger.error("cluster.beat", { outcome: "error", error });
      return false;
    }
  }

  /** false: the name is not this worker's. */
  async #keepName(): Promise<boolean> {
    const status = await this.#name.keep(this.#info());
    switch (status.kind) {
      case "held":
        return true;
      case "taken":
        this.#owesRestore = true;
        this.#confirmRegistered();
        return true;
      case "waiting":
        return false;
      case "replaced":
        this.#beReplaced(status.reason);
        return false;
    }
  }

  #beReplaced(reason: string): void {
    this.#phase = "stopped";
    this.#timer?.cancel();
    this.#host.replaced(reason);
    void this.#parts.close();
  }

  /** Says what this worker holds, and lets go of what is not its own. */
  async #restore(): Promise<void> {
    if (!this.#owesRestore || !this.#mayRestore()) return;
    const { registry, logger } = this.#parts;
    const owned = this.#host.ownedSessions();
    const held = new Map(owned.map((session) => [session.sessionId, session]));
    for (const [sessionId, session] of this.#opening) held.set(sessionId, session);
    const fenced = await registry.restore(this.#owner, [...held.values()]);
    if (fenced.length > 0) await this.#host.fenced(fenced);
    this.#owesRestore = false;
    this.#activity.note(owned);
    logger.info("cluster.restore", { outcome: "ok", sessions: held.size, fenced: fenced.length });
  }

  /** A worker that has not taken its predecessor's sandboxes over yet would have all of their sessions declared lost. */
  #mayRestore(): boolean {
    if (this.#host.state() === "starting") return false;
    return this.#hasServed || this.#host.ownedSessions().length > 0;
  }

  #noteState(): void {
    const state = this.#host.state();
    if (state === "active" || state === "unavailable") this.#hasServed = true;
  }

  async #resolveDoubt(): Promise<void> {
    await this.#roundNow();
    if (this.#lastRoundSucceeded || !this.#isRunning()) return;
    // The connection may have died while this process stood still, and Redis be there.
    if (await this.#isUpSoon()) await this.#roundNow();
  }

  #isUpSoon(): Promise<boolean> {
    const { connection, clock } = this.#parts;
    return new Promise((resolve) => {
      const timer = clock.setTimer(COMMAND_TIMEOUT_MS, () => settle(false));
      const forget = connection.onUp(() => settle(true));
      function settle(isUp: boolean): void {
        timer.cancel();
        forget();
        resolve(isUp);
      }
    });
  }

  #info(): WorkerInfo {
    const { connection } = this.#parts;
    return {
      ...this.#host.describe(),
      ...this.#owner,
      url: this.#host.url(connection.localAddress ?? "127.0.0.1"),
      state: this.#host.state(),
    };
  }
}
