import type { WorkerInfo } from "@sandbox-system/cluster";

/** What of a worker counts for a new session. */
export type Placeable = Pick<WorkerInfo, "pool" | "cpuLoad" | "memoryLoad">;

/** How good a worker is for a new session. Compared in this order. */
export interface Score {
  /** Warm sandboxes that are left for it: with one it is made in milliseconds, without in a second. */
  readonly warmLeft: number;
  /** Share of its capacity that serves nobody, 0 … 1. */
  readonly freeShare: number;
  /** The worse of its CPU and memory loads. */
  readonly load: number;
}

/** Sandboxes that a worker can still give to sessions, with `reserved` promised since its last heartbeat. */
export function roomOf({ pool }: Placeable, reserved: number): number {
  return pool.available + Math.max(0, pool.max_capacity - pool.total) - reserved;
}

/** The score of a worker of whose sandboxes `reserved` are promised since its last heartbeat. */
export function scoreOf(worker: Placeable, reserved: number): Score {
  const { pool, cpuLoad, memoryLoad } = worker;
  const used = pool.allocated + reserved;
  return {
    warmLeft: Math.max(0, pool.available - reserved),
    freeShare: pool.max_capacity === 0 ? 0 : Math.max(0, 1 - used / pool.max_capacity),
    load: Math.max(cpuLoad, memoryLoad),
  };
}

/** Negative: `left` is better. */
export function compareScores(left: Score, right: Score): number {
  return (
    right.warmLeft - left.warmLeft || right.freeShare - left.freeShare || left.load - right.load
  );
}
