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
  for (const outcome of CALL_OUTCOMES)
    metrics.gauge(
      `sandbox_routed_calls_${outcome}_total`,
      `Calls about sessions that came to: ${outcome}`,
      () => calls.of(outcome),
    );
  for (const outcome of PLACEMENT_OUTCOMES)
    metrics.gauge(
      `sandbox_placements_${outcome}_total`,
      `Get-or-create calls that came to: ${outcome}`,
      () => placements.of(outcome),
    );
  for (const state of STATES)
    metrics.gauge(
      `sandbox_workers_${state}`,
      `Workers that are ${state}`,
      () => directory.all().filter(({ info }) => info.state === state).length,
    );
  metrics.gauge("sandbox_held_calls", "Calls that wait for their worker", () => holds.held);
  metrics.gauge(
    "sandbox_held_calls_total",
    "Calls that have had to wait for their worker",
    () => holds.total,
  );
  metrics.gauge(
    "sandbox_open_breakers",
    "Workers that are not called because they could not be reached",
    () => lines.openBreakers,
  );
  metrics.gauge("sandbox_redis_connected", "1: Redis answers", () => Number(connected()));
}
