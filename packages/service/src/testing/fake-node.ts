import type { HealthBody, SandboxError, WorkerBody } from "@sandbox-system/contract";
import type { NodeStatus, Workers } from "../api/node-status.js";

/** A process whose health a test decides; it knows one worker, `fake-worker`. */
export class FakeNode implements NodeStatus, Workers {
  status: HealthBody["status"] = "healthy";
  reason: SandboxError | undefined;
  readonly drained: string[] = [];

  health(): HealthBody {
    return {
      status: this.status,
      worker_id: "fake-worker",
      pool: POOL,
      active_sessions: 0,
      uptime_seconds: 1,
      redis_connected: false,
      version: "1.2.3",
      warnings: [],
    };
  }

  notReady(): SandboxError | undefined {
    return this.reason;
  }

  list(): Promise<readonly WorkerBody[]> {
    const worker = {
      worker_id: "fake-worker",
      status: "active" as const,
      pool: POOL,
      active_sessions: 0,
      uptime_seconds: 1,
      version: "1.2.3",
    };
    return Promise.resolve([worker]);
  }

  drain(workerId: string): Promise<boolean> {
    if (workerId !== "fake-worker") return Promise.resolve(false);
    this.drained.push(workerId);
    return Promise.resolve(true);
  }
}

const POOL = { available: 2, allocated: 0, total: 2, max_capacity: 10 };
