import type { WorkerInfo } from "../membership/worker-info.js";

/** What a worker says of itself in tests: active, with ten warm sandboxes, unless the test says otherwise. */
export function testWorkerInfo(more: Partial<WorkerInfo> = {}): WorkerInfo {
  return {
    workerId: "w1",
    registrationId: "reg_1",
    url: "http://127.0.0.1:5000",
    engineId: "engine-1",
    state: "active",
    pool: { available: 10, allocated: 0, total: 10, max_capacity: 80 },
    poolTarget: 10,
    poolMin: 3,
    activeSessions: 0,
    claims: 0,
    createMs: null,
    cpuLoad: 0.1,
    memoryLoad: 0.2,
    maxFileBytes: 100 * 1024 ** 2,
    startedAtMs: 0,
    version: "0.0.0",
    ...more,
  };
}
