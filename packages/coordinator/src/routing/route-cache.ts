import { LRUCache } from "lru-cache";
import type { SessionRecord } from "@sandbox-system/cluster";

/** Where a session is. */
export interface Route {
  readonly sessionId: string;
  readonly tenant: string;
  readonly threadId: string;
  readonly workerId: string;
  readonly generation: number;
}

/** Routes kept at most, about 300 bytes each: more sessions than a hundred full workers hold. */
const MAX_ROUTES = 50_000;

/**
 * The routes that were used last. They may be old, which does no harm: a session never moves while it lives, and a worker that does not have it
 * says so.
 */
export class RouteCache {
  readonly #routes: LRUCache<string, Route>;
  readonly #threads: LRUCache<string, string>;

  constructor(max = MAX_ROUTES) {
    this.#routes = new LRUCache({ max });
    this.#threads = new LRUCache({ max });
  }

  get(sessionId: string): Route | undefined {
    return this.#routes.get(sessionId);
  }

  /** The thread's session as it was known last. */
  ofThread(tenant: string, threadId: string): Route | undefined {
    const sessionId = this.#threads.get(threadKey(tenant, threadId));
    return sessionId === undefined ? undefined : this.#routes.get(sessionId);
  }

  keep(route: Route): void {
    this.#routes.set(route.sessionId, route);
    this.#threads.set(threadKey(route.tenant, route.threadId), route.sessionId);
  }

  forget({ sessionId, tenant, threadId }: Route): void {
    this.#routes.delete(sessionId);
    const key = threadKey(tenant, threadId);
    if (this.#threads.peek(key) === sessionId) this.#threads.delete(key);
  }
}

/** The route that a record tells. */
export function routeOf({
  sessionId,
  tenant,
  threadId,
  workerId,
  generation,
}: SessionRecord): Route {
  return { sessionId, tenant, threadId, workerId, generation };
}

/** A separator that ids cannot contain keeps (a, bc) apart from (ab, c). */
function threadKey(tenant: string, threadId: string): string {
  return `${tenant}\u0000${threadId}`;
}
