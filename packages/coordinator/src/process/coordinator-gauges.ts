import type { WorkerDirectory, WorkerState } from "@sandbox-system/cluster";
import type { Metrics } from "@sandbox-system/service";
import { PLACEMENT_OUTCOMES, type PlacementCounters } from "../placement/placement-counters.js";
import { CALL_OUTCOMES, type CallCounters } from "../routing/call-counters.js";
import type { HoldingRoom } from "../routing/holding-room.js";
import type { WorkerLines } from "../workers/worker-lines.js";

/** What the numbers are read from. */
export interface GaugeSources {
  readonly directory: WorkerDirectory;
  readonly lines: WorkerLines;
  readonly holds: HoldingRoom;
  readonly calls: CallCounters;
  readonly placements: PlacementCounters;
  readonly connected: () => boolean;
}

const STATES: readonly WorkerState[] = [
  "starting",
  "active",
  "draining",
  "restarting",
  "unavailable",
];

/** Shows a coordinator's numbers on /metrics; read when they are asked for. */
export function addCoordinatorGauges(metrics: Metrics, sources: GaugeSources): void {
  const { directory, lines, holds, calls, placements, connected } = sources;
  metrics.counters("sandbox_routed_calls_total", "Calls about sessions, by what they came to", {
    label: "outcome",
    // `held` and `rerouted` are counted beside the end that a call came to.
    values: [...CALL_OUTCOMES, "held"],
    read: (outcome) => (outcome === "held" ? holds.total : calls.of(outcome)),
  });
  metrics.counters("sandbox_placements_total", "Get-or-create calls, by what they came to", {
    label: "outcome",
    values: PLACEMENT_OUTCOMES,
    read: (outcome) => placements.of(outcome),
  });
  metrics.gauges("sandbox_workers", "Workers, by their state", {
    label: "state",
    values: STATES,
    read: (state) => directory.all().filter(({ info }) => info.state === state).length,
  });
  metrics.gauge("sandbox_held_calls", "Calls that wait for their worker", () => holds.held);
  metrics.gauge(
    "sandbox_open_breakers",
    "Workers that are not called because they could not be reached",
    () => lines.openBreakers,
  );
  metrics.gauge("sandbox_redis_connected", "1: Redis answers", () => Number(connected()));
}
