import type { SessionRegistry } from "@sandbox-system/cluster";
import { isSessionId, SandboxError, absenceError } from "@sandbox-system/contract";
import type { CallCounters } from "./call-counters.js";
import { declareLost } from "./declare-lost.js";
import { workerUnreachable } from "./holding-room.js";
import { endToldBy } from "./route-errors.js";
import { type Route, type RouteCache, routeOf } from "./route-cache.js";
import type { WorkerCall } from "./worker-call.js";
import type { Instead, WorkerCaller } from "./worker-caller.js";

/** What a router is made of. */
export interface SessionRouterParts {
  readonly registry: SessionRegistry;
  readonly cache: RouteCache;
  readonly caller: WorkerCaller;
  readonly counters: CallCounters;
}

/** A session of a tenant. */
export interface SessionAddress {
  readonly tenant: string;
  readonly sessionId: string;
}

/** Brings calls to the worker that holds their session. */
export class SessionRouter {
  readonly #parts: SessionRouterParts;

  constructor(parts: SessionRouterParts) {
    this.#parts = parts;
  }

  /**
   * Makes a call about a session. Costs no registry call while its route is known. `whenGone` replaces what is done when the lease of the
   * session's worker has run out, which is to declare the session lost.
   *
   * Rejects with the worker's error, with `SESSION_*` when there is no such session (any more), with `REGISTRY_UNAVAILABLE`, and like
   * {@link WorkerCaller.call}.
   */
  async call<T>(
    address: SessionAddress,
    call: WorkerCall<T>,
    whenGone: (route: Route) => Promise<Instead<T>> = (route) =>
      declareLost(this.#parts.registry, route),
  ): Promise<T> {
    const { counters } = this.#parts;
    try {
      const value = await this.#route(address, call, whenGone);
      counters.count("ok");
      return value;
    } catch (error) {
      counters.countFailure(error);
      throw error;
    }
  }

  async #route<T>(
    address: SessionAddress,
    call: WorkerCall<T>,
    whenGone: (route: Route) => Promise<Instead<T>>,
  ): Promise<T> {
    const { caller, cache, counters } = this.#parts;
    const route = await this.#locate(address);
    try {
      return await caller.call(route.workerId, call, () => whenGone(route));
    } catch (error) {
      if (!(error instanceof SandboxError) || endToldBy(error) === undefined) throw error;
      // Not that worker's, so it did not run there: it may be sent on.
      cache.forget(route);
      const next = await this.#relocate(route, error);
      if (call.canRunAgain?.() === false) throw workerUnreachable(next.workerId, error);
      counters.count("rerouted");
      return caller.call(next.workerId, call, () => whenGone(next));
    }
  }

  async #locate({ tenant, sessionId }: SessionAddress): Promise<Route> {
    const { cache, registry } = this.#parts;
    const known = cache.get(sessionId);
    if (known !== undefined) {
      if (known.tenant !== tenant) throw absenceError(undefined);
      return known;
    }
    const record = isSessionId(sessionId) ? await registry.find(sessionId) : undefined;
    if (record?.tenant !== tenant) throw absenceError(undefined);
    if (record.state === "ended") throw absenceError(record.end);
    const route = routeOf(record);
    if (record.state === "active") cache.keep(route);
    return route;
  }

  /** Where the session is if not where the route said; rejects with what the worker has told when it is nowhere else. */
  async #relocate(route: Route, told: SandboxError): Promise<Route> {
    const { cache, registry } = this.#parts;
    const record = await registry.find(route.sessionId).catch(() => undefined);
    if (record === undefined) throw told;
    if (record.state === "ended") {
      // A worker that has restarted may not remember why.
      throw told.code === "SESSION_NOT_FOUND" ? absenceError(record.end) : told;
    }
    if (record.workerId === route.workerId && record.generation === route.generation) throw told;
    const next = routeOf(record);
    cache.keep(next);
    return next;
  }
}
