import {
  type HealthBody,
  type HealthStatus,
  type SandboxError,
  sandboxError,
  type WorkerBody,
} from "@sandbox-system/contract";
import type { ClusterMember } from "@sandbox-system/cluster";
import type { SandboxHealth, SandboxService } from "@sandbox-system/sandbox";
import type { NodeStatus, Workers } from "@sandbox-system/service";

/** What {@link WorkerStatus} reports on. */
export interface WorkerStatusOptions {
  readonly service: Pick<SandboxService, "workerId" | "health" | "drain">;
  readonly version: string;
  /** Seconds since the process began to listen. */
  readonly uptimeSeconds: () => number;
  /** Its membership of a cluster; undefined: it stands alone. */
  readonly member: Pick<ClusterMember, "connected" | "isRegistered" | "announce"> | undefined;
}

/** A standalone worker's report on itself; the only worker in its list. */
export class WorkerStatus implements NodeStatus, Workers {
  readonly #options: WorkerStatusOptions;

  constructor(options: WorkerStatusOptions) {
    this.#options = options;
  }

  health(): HealthBody {
    const { service, version, uptimeSeconds } = this.#options;
    const health = service.health();
    return {
      status: this.#healthStatus(health),
      worker_id: service.workerId,
      pool: health.pool,
      active_sessions: health.activeSessions,
      uptime_seconds: uptimeSeconds(),
      redis_connected: this.#options.member?.connected ?? false,
      version,
      warnings: this.#warnings(health),
    };
  }

  notReady(): SandboxError | undefined {
    const health = this.#options.service.health();
    if (health.draining) return sandboxError("DRAINING", DRAINING);
    if (health.serving) return this.#notJoined();
    return sandboxError("ENGINE_UNAVAILABLE", this.#warnings(health).join(" "));
  }

  list(): Promise<readonly WorkerBody[]> {
    const { service, version, uptimeSeconds } = this.#options;
    const health = service.health();
    const available = health.serving ? "active" : "unavailable";
    return Promise.resolve([
      {
        worker_id: service.workerId,
        status: health.draining ? "draining" : available,
        pool: health.pool,
        active_sessions: health.activeSessions,
        uptime_seconds: uptimeSeconds(),
        version,
      },
    ]);
  }

  drain(workerId: string): Promise<boolean> {
    const { service, member } = this.#options;
    const isThis = workerId === service.workerId;
    if (isThis) {
      service.drain();
      member?.announce();
    }
    return Promise.resolve(isThis);
  }

  /** Nobody sends work to a worker that coordinators do not know. */
  #notJoined(): SandboxError | undefined {
    const { member } = this.#options;
    return member === undefined || member.isRegistered
      ? undefined
      : sandboxError("REGISTRY_UNAVAILABLE", NOT_JOINED);
  }

  /** A drain is no illness: what runs is still served. */
  #healthStatus(health: SandboxHealth): HealthStatus {
    if (!health.engineConnected) return "unhealthy";
    if (health.draining) return "degraded";
    return health.serving ? "healthy" : "unhealthy";
  }

  /** Never empty when the worker is not healthy. */
  #warnings({ warnings, draining, engineConnected, serving }: SandboxHealth): string[] {
    const { member } = this.#options;
    if (member?.connected === false)
      return [...warnings, member.isRegistered ? REDIS_AWAY : NOT_JOINED];
    if (draining) return [...warnings, DRAINING];
    if (serving || warnings.length > 0) return [...warnings];
    return [
      engineConnected ? "The worker is still starting." : "The container engine does not answer.",
    ];
  }
}

const DRAINING = "The worker takes no new sessions: it is about to stop.";
const NOT_JOINED = "The worker has not joined its cluster yet: Redis does not answer.";
const REDIS_AWAY = "Redis does not answer: existing sessions go on, new ones wait.";
