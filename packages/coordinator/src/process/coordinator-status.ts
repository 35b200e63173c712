import type { KnownWorker, WorkerDirectory } from "@sandbox-system/cluster";
import {
  type Clock,
  type HealthBody,
  type PoolHealthBody,
  type SandboxError,
  sandboxError,
} from "@sandbox-system/contract";
import type { NodeStatus } from "@sandbox-system/service";
import { workerBody } from "../workers/worker-body.js";
import type { WorkerLines } from "../workers/worker-lines.js";
import type { CoordinatorPhase } from "./coordinator-phase.js";

/** What a coordinator reports on. */
export interface CoordinatorStatusParts {
  readonly coordinatorId: string;
  readonly version: string;
  readonly directory: WorkerDirectory;
  readonly lines: WorkerLines;
  readonly clock: Clock;
  /** Whether Redis answers. */
  readonly connected: () => boolean;
  readonly phase: () => CoordinatorPhase;
  /** Seconds since the process began to listen. */
  readonly uptimeSeconds: () => number;
  /** What others find amiss, a sentence each. */
  readonly warnings: () => readonly string[];
}

/** A coordinator's report on itself and its workers. */
export class CoordinatorStatus implements NodeStatus {
  readonly #parts: CoordinatorStatusParts;
  #wasConnected = false;

  constructor(parts: CoordinatorStatusParts) {
    this.#parts = parts;
  }

  health(): HealthBody {
    const { coordinatorId, version, directory, connected, uptimeSeconds } = this.#parts;
    const workers = directory.all();
    const warnings = this.#warnings();
    const amiss = warnings.length > 0 ? "degraded" : "healthy";
    return {
      status: this.#serving().length === 0 ? "unhealthy" : amiss,
      worker_id: coordinatorId,
      pool: sumOfPools(workers),
      active_sessions: workers.reduce((sum, { info }) => sum + info.activeSessions, 0),
      uptime_seconds: uptimeSeconds(),
      redis_connected: connected(),
      version,
      warnings,
      workers: workers.map((worker) => workerBody(worker, this.#parts)),
    };
  }

  /** A coordinator that has joined its cluster stays ready while Redis is away: it serves the sessions that there are. */
  notReady(): SandboxError | undefined {
    const { phase, connected } = this.#parts;
    if (phase() === "draining" || phase() === "stopped") return sandboxError("DRAINING", STOPPING);
    this.#wasConnected ||= connected();
    if (!this.#wasConnected) return sandboxError("REGISTRY_UNAVAILABLE", REDIS_AWAY);
    return this.#serving().length === 0
      ? sandboxError("NO_WORKERS_AVAILABLE", NO_WORKERS)
      : undefined;
  }

  /** Workers that can answer for the sessions that they have. */
  #serving(): readonly KnownWorker[] {
    const { directory, lines } = this.#parts;
    return directory
      .all()
      .filter(
        (worker) =>
          (worker.info.state === "active" || worker.info.state === "draining") &&
          lines.isReachable(worker),
      );
  }

  #warnings(): string[] {
    const { connected, phase, warnings } = this.#parts;
    const serving = this.#serving();
    const isFull = serving.every(({ info }) => info.state !== "active");
    return [
      ...(connected() ? [] : [REDIS_AWAY]),
      ...(serving.length === 0 ? [NO_WORKERS] : []),
      ...(serving.length > 0 && isFull ? [ALL_DRAINING] : []),
      ...(phase() === "draining" ? [STOPPING] : []),
      ...warnings(),
    ];
  }
}

const REDIS_AWAY = "Redis does not answer: existing sessions go on, new ones wait.";
const NO_WORKERS = "No worker serves. Start one with the same Redis; GET /v1/workers lists them.";
const ALL_DRAINING = "All workers are draining: no new sessions can be made.";
const STOPPING = "The coordinator is about to stop.";

function sumOfPools(workers: readonly KnownWorker[]): PoolHealthBody {
  const sum = (count: (pool: PoolHealthBody) => number): number =>
    workers.reduce((total, { info }) => total + count(info.pool), 0);
  return {
    available: sum((pool) => pool.available),
    allocated: sum((pool) => pool.allocated),
    total: sum((pool) => pool.total),
    max_capacity: sum((pool) => pool.max_capacity),
  };
}
