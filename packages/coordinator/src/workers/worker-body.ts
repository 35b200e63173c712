import type { KnownWorker } from "@sandbox-system/cluster";
import type { Clock, WorkerBody } from "@sandbox-system/contract";
import type { WorkerLines } from "./worker-lines.js";

/** A worker as GET /v1/workers and GET /health show it. */
export function workerBody(
  worker: KnownWorker,
  { lines, clock }: { readonly lines: WorkerLines; readonly clock: Clock },
): WorkerBody {
  const { info, lastBeatMs } = worker;
  return {
    worker_id: info.workerId,
    status: lines.isReachable(worker) ? info.state : "unreachable",
    pool: { ...info.pool },
    active_sessions: info.activeSessions,
    uptime_seconds: Math.max(0, Math.round((clock.now() - info.startedAtMs) / 1000)),
    version: info.version,
    url: lines.urlOf(worker),
    last_heartbeat: new Date(lastBeatMs).toISOString(),
    cpu_load: info.cpuLoad,
    memory_load: info.memoryLoad,
  };
}
