import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import type { Environment } from "@sandbox-system/contract";
import { RedisServer } from "@sandbox-system/cluster/testing";
import { ServerProcess } from "@sandbox-system/service/testing";
import { WorkerProcess } from "../../packages/worker/src/testing/worker-process.js";

const COORDINATOR = resolve(__dirname, "../../packages/coordinator/dist/main.js");

/** Heartbeats and leases a third of the defaults, so that waiting for the end of a lease costs seconds. */
export const LEASE_MS = 5000;

/** What every process of a cluster under test is told, unless a test says otherwise. */
const SHORT_TIMES = {
  HEARTBEAT_INTERVAL_SECONDS: "1",
  LEASE_SECONDS: String(LEASE_MS / 1000),
  CLEANUP_INTERVAL_SECONDS: "2",
  POOL_SCALING: "false",
} as const;

/** How many of what a cluster has, and what its processes are told. */
export interface ClusterShape {
  readonly workers: number;
  readonly coordinators: number;
  readonly env?: Environment;
  /** Whether Redis keeps its data on disk. */
  readonly durable?: boolean;
}

/** A cluster as it is deployed: a Redis server, workers over the machine's engine and coordinators, each a process of its own. */
export class TestCluster {
  readonly redis: RedisServer;
  readonly workers: readonly WorkerProcess[];
  readonly coordinators: readonly ServerProcess[];
  readonly #directory = mkdtempSync(join(tmpdir(), "cluster-"));

  constructor(private readonly shape: ClusterShape) {
    this.redis = new RedisServer({ appendOnly: shape.durable ?? false });
    this.workers = Array.from(
      { length: shape.workers },
      () => new WorkerProcess({ POOL_SIZE: "2", MIN_POOL_SIZE: "0", MAX_POOL_SIZE: "20" }),
    );
    this.coordinators = Array.from(
      { length: shape.coordinators },
      () => new ServerProcess({ main: COORDINATOR, directory: this.#directory, env: {} }),
    );
  }

  /** What processes of this cluster are told. */
  get env(): Environment {
    return {
      ...SHORT_TIMES,
      REDIS_URL: this.redis.url,
      CLUSTER_TOKEN: this.#token,
      ...this.shape.env,
    };
  }

  readonly #token = randomBytes(16).toString("hex");

  /** Starts everything; resolves when every process is ready. */
  async start(): Promise<void> {
    await this.redis.start();
    await Promise.all(this.workers.map((worker) => worker.start(this.env)));
    await Promise.all(this.coordinators.map((coordinator) => coordinator.start(this.env)));
  }

  /** URL of a coordinator. */
  url(index = 0): string {
    return this.coordinators[index]?.url ?? "";
  }

  /** The worker that holds a session. */
  worker(workerId: string): WorkerProcess {
    const found = this.workers.find((worker) => worker.workerId === workerId);
    if (found === undefined) throw new Error(`no worker ${workerId}`);
    return found;
  }

  /** Ends and removes everything, whatever state it is in. */
  async cleanUp(): Promise<void> {
    await Promise.all(this.coordinators.map((coordinator) => coordinator.kill()));
    await Promise.all(this.workers.map((worker) => worker.cleanUp()));
    await this.redis.cleanUp();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
