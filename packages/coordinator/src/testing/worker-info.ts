import type { WorkerInfo } from "@sandbox-system/cluster";
import { testWorkerInfo } from "@sandbox-system/cluster/testing";

/** A worker's heartbeat; what a test does not say is that of an idle one with two warm sandboxes. */
export function workerInfo(given: Partial<WorkerInfo> = {}): WorkerInfo {
  const workerId = given.workerId ?? "w1";
  return testWorkerInfo({
    ...{ workerId, registrationId: `reg_${workerId}`, engineId: `engine-${workerId}` },
    pool: { available: 2, allocated: 0, total: 2, max_capacity: 10 },
    ...{ poolTarget: 2, poolMin: 1 },
    ...given,
  });
}
