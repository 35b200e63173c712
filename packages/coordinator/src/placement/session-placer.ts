import type { Claim, SessionRegistry } from "@sandbox-system/cluster";
import {
  type Clock,
  type Logger,
  newSessionId,
  type SandboxError,
  type SessionInfo,
  type SessionRequest,
} from "@sandbox-system/contract";
import { declareLost } from "../routing/declare-lost.js";
import { endToldBy, isRegistryAway } from "../routing/route-errors.js";
import type { RouteCache } from "../routing/route-cache.js";
import type { WorkerCall } from "../routing/worker-call.js";
import type { WorkerCaller } from "../routing/worker-caller.js";
import { awaitSettled } from "./await-settled.js";
import type { PlacementCounters } from "./placement-counters.js";
import { movesOn, noWorkers, noWorkerTook } from "./placement-errors.js";
import type { Seat, WorkerChoice } from "./worker-choice.js";

/** Workers that one placement tries at most: each may let it wait for half a minute. */
const MAX_TRIES = 3;

/** Times that a thread is claimed at most for one caller: more means that its sessions end as fast as they are made. */
const MAX_CLAIMS = 3;

/** What a placer is made of. */
export interface SessionPlacerParts {
  readonly registry: SessionRegistry;
  readonly choice: WorkerChoice;
  readonly caller: WorkerCaller;
  readonly cache: RouteCache;
  readonly counters: PlacementCounters;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One caller's wish for a session, and what was tried for it. */
interface Wish {
  readonly tenant: string;
  readonly request: SessionRequest;
  readonly tried: Set<string>;
  readonly failures: SandboxError[];
}

/**
 * Makes sessions: claims the thread in the registry, which lets one session be made however many ask, and has a worker open it.
 */
export class SessionPlacer {
  readonly #parts: SessionPlacerParts;

  constructor(parts: SessionPlacerParts) {
    this.#parts = parts;
  }

  /**
   * The thread's session, made when there is none. Rejects with `POOL_EXHAUSTED`, `NO_WORKERS_AVAILABLE`, `ENGINE_UNAVAILABLE`, `DRAINING`,
   * `WORKER_UNREACHABLE`, `REGISTRY_UNAVAILABLE` (all retryable).
   */
  async getOrCreate(tenant: string, request: SessionRequest): Promise<SessionInfo> {
    const { counters } = this.#parts;
    const wish: Wish = { tenant, request, tried: new Set(), failures: [] };
    try {
      for (let claims = 0; claims < MAX_CLAIMS; claims += 1) {
        const session = await this.#claimAndOpen(wish);
        if (session === undefined) continue;
        counters.count(session.status === "created" ? "created" : "existing");
        return session;
      }
      throw noWorkerTook(wish.failures);
    } catch (error) {
      counters.count("failed");
      throw error;
    }
  }

  /** undefined: the session that the thread had is over; it may be claimed again. */
  async #claimAndOpen(wish: Wish): Promise<SessionInfo | undefined> {
    const seat = this.#parts.choice.take(wish.tried);
    let claim: Claim;
    try {
      claim = await (seat === undefined ? this.#existing(wish) : this.#claim(wish, seat));
    } catch (error) {
      seat?.release();
      throw error;
    }
    if (claim.state === "active") {
      seat?.release();
      return this.#join(wish, claim);
    }
    return this.#place(wish, claim, seat);
  }

  #claim({ tenant, request }: Wish, { workerId }: Seat): Promise<Claim> {
    const { threadId, userId } = request;
    const sessionId = newSessionId();
    const { registry, clock } = this.#parts;
    const claim = { tenant, threadId, userId, sessionId, workerId };
    return awaitSettled(clock, () => registry.claimThread(claim));
  }

  /** Where no worker can take a session, a thread may still have one. */
  async #existing({ tenant, request, failures }: Wish): Promise<Claim> {
    const record = await this.#parts.registry.findThread(tenant, request.threadId);
    if (record === undefined) throw failures.length > 0 ? noWorkerTook(failures) : noWorkers();
    const { sessionId, generation, workerId, state } = record;
    const known = state === "active" ? "active" : "placing";
    return { sessionId, generation, workerId, state: known, claimed: false };
  }

  /** The session that the registry says a worker has. */
  async #join(wish: Wish, claim: Claim): Promise<SessionInfo | undefined> {
    const { caller, registry, cache } = this.#parts;
    try {
      const session = await caller.call(claim.workerId, openCall(wish, claim), () =>
        declareLost(registry, claim),
      );
      this.#remember(wish, claim);
      return { ...session, status: "existing" };
    } catch (error) {
      const end = endToldBy(error);
      if (end === undefined) throw error;
      await registry.end(fenceOf(claim), end);
      const route = cache.get(claim.sessionId);
      if (route !== undefined) cache.forget(route);
      return undefined;
    }
  }

  /** Has the claim's worker make the session; one that cannot is followed by another. */
  async #place(wish: Wish, first: Claim, seat: Seat | undefined): Promise<SessionInfo | undefined> {
    const { caller, counters } = this.#parts;
    let claim = first;
    let promise = seatOn(first, seat);
    for (let tries = 1; ; tries += 1) {
      try {
        const session = await caller.once(claim.workerId, openCall(wish, claim));
        promise?.fulfil();
        this.#remember(wish, claim);
        return session;
      } catch (error) {
        promise?.release();
        if (endToldBy(error) === undefined && !movesOn(error))
          throw await this.#giveUp(claim, error);
        // The worker was told that it is not its to make: it has gone on without this caller.
        if (!movesOn(error)) return undefined;
        this.#note(wish, claim, error);
        promise = tries < MAX_TRIES ? this.#parts.choice.take(wish.tried) : undefined;
        if (promise === undefined) throw await this.#giveUp(claim, noWorkerTook(wish.failures));
      }
      counters.count("moved");
      const moved = await this.#move(claim, promise);
      if (moved === undefined) return undefined;
      if (moved.state === "active") return this.#join(wish, moved);
      promise = seatOn(moved, promise);
      claim = moved;
    }
  }

  async #move(claim: Claim, seat: Seat): Promise<Claim | undefined> {
    try {
      const moved = await this.#parts.registry.place(fenceOf(claim), seat.workerId);
      if (moved?.state !== "placing") seat.release();
      return moved;
    } catch (error) {
      seat.release();
      throw error;
    }
  }

  /** Frees the thread for the next caller; the registry does so by itself after a while if it cannot be asked. */
  async #giveUp(claim: Claim, error: unknown): Promise<unknown> {
    try {
      await this.#parts.registry.abandon(fenceOf(claim));
    } catch (away) {
      if (!isRegistryAway(away)) throw away;
    }
    return error;
  }

  #note(wish: Wish, { workerId, sessionId }: Claim, error: SandboxError): void {
    wish.tried.add(workerId);
    wish.failures.push(error);
    const { code } = error;
    this.#parts.logger.warn("session.place", { outcome: "refused", sessionId, workerId, code });
  }

  #remember({ tenant, request }: Wish, { sessionId, workerId, generation }: Claim): void {
    const { threadId } = request;
    this.#parts.cache.keep({ sessionId, tenant, threadId, workerId, generation });
  }
}

function openCall({ tenant, request }: Wish, claim: Claim): WorkerCall<SessionInfo> {
  const place = { ...fenceOf(claim), create: claim.state === "placing" };
  return {
    // Named by id and generation, it is the same session however often it is opened.
    repetition: "repeatable",
    run: (client, signal) => client.openSession({ tenant, signal }, request, place),
  };
}

function fenceOf({ sessionId, generation }: Claim) {
  return { sessionId, generation };
}

/** The seat if it is on the claim's worker; otherwise it is given back. */
function seatOn(claim: Claim, seat: Seat | undefined): Seat | undefined {
  if (seat?.workerId === claim.workerId) return seat;
  seat?.release();
  return undefined;
}
