import type { CoordinatorCluster } from "@sandbox-system/cluster";
import type { Clock, Logger } from "@sandbox-system/contract";
import { ClusterSandboxes } from "./cluster-sandboxes.js";
import { currentRequestId } from "./http/request-scope.js";
import { PlacementCounters } from "./placement/placement-counters.js";
import { SessionPlacer } from "./placement/session-placer.js";
import { WorkerChoice } from "./placement/worker-choice.js";
import { CallCounters } from "./routing/call-counters.js";
import { HoldingRoom } from "./routing/holding-room.js";
import { RouteCache } from "./routing/route-cache.js";
import { SessionCalls } from "./routing/session-calls.js";
import { SessionRouter } from "./routing/session-router.js";
import { WorkerCaller } from "./routing/worker-caller.js";
import { WorkerEvents } from "./routing/worker-events.js";
import type { WorkerAddresses } from "./workers/worker-addresses.js";
import { WorkerLines } from "./workers/worker-lines.js";

/** What routing is built over. */
export interface RoutingParts {
  readonly cluster: Pick<CoordinatorCluster, "registry" | "directory" | "token">;
  readonly addresses: Pick<WorkerAddresses, "urlOf">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
  /** Calls held at once at most; the room's own bound when absent. */
  readonly maxHeld?: number;
}

/** Builds what brings calls to workers and sessions onto them. Nothing runs before it is called. */
export function composeRouting(parts: RoutingParts) {
  const { cluster, addresses, clock, logger, random = Math.random, maxHeld } = parts;
  const { registry, directory, token } = cluster;
  const cache = new RouteCache();
  const calls = new CallCounters();
  const placements = new PlacementCounters();
  const lines = new WorkerLines({
    ...{ directory, token, clock, logger },
    urlOf: (worker) => addresses.urlOf(worker) ?? worker.info.url,
    requestId: currentRequestId,
  });
  const events = new WorkerEvents(directory, clock);
  const holds = new HoldingRoom({ clock, events, ...(maxHeld === undefined ? {} : { maxHeld }) });
  const caller = new WorkerCaller({ directory, lines, events, holds });
  const router = new SessionRouter({ registry, cache, caller, counters: calls });
  const sessions = new SessionCalls({ router, registry, cache });
  const choice = new WorkerChoice({
    directory,
    isReachable: (worker) => lines.isReachable(worker),
    random,
  });
  const placer = new SessionPlacer({
    ...{ registry, choice, caller, cache, clock, logger },
    counters: placements,
  });
  const sandboxes = new ClusterSandboxes({
    ...{ registry, directory, cache, caller, sessions, placer },
  });
  return { cache, calls, placements, lines, events, holds, caller, sessions, sandboxes };
}
