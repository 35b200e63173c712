import type { Clock, IdempotencyStore, Logger } from "@sandbox-system/contract";
import { RedisIdempotencyStore } from "../idempotency/redis-idempotency-store.js";
import {
  CoordinatorJobs,
  type ScheduledHandlers,
  type ScheduledIntervals,
} from "../jobs/coordinator-jobs.js";
import type { ScheduledJob, WorkerJobSender } from "../jobs/worker-jobs.js";
import { RedisWorkerDirectory } from "../membership/redis-worker-directory.js";
import type { WorkerDirectory } from "../membership/worker-directory.js";
import { RedisLink } from "../redis/redis-link.js";
import { RedisSessionRegistry } from "../registry/redis-session-registry.js";
import type { SessionRegistry } from "../registry/session-registry.js";
import type { ClusterOptions } from "../settings/cluster-settings.js";
import { type ClusterToken, GivenToken, SharedToken } from "../token/cluster-token.js";

/** What a coordinator's part in a cluster needs. */
export interface CoordinatorClusterOptions {
  readonly options: ClusterOptions;
  /** How often the scheduled jobs run in the whole cluster, milliseconds; the same for all coordinators. */
  readonly intervalsMs: ScheduledIntervals;
  /** What they do; asked for at each run. */
  readonly handlers: () => ScheduledHandlers;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 … 1; `Math.random` unless a test says otherwise. */
  readonly random?: () => number;
}

/** Jobs as a coordinator uses them. */
export interface CoordinatorQueues extends WorkerJobSender {
  /** When a scheduled job last ran without a fault, by any coordinator. Rejects with `REGISTRY_UNAVAILABLE`. */
  lastRun(job: ScheduledJob): Promise<number | undefined>;
}

/** A coordinator's part in a cluster. */
export interface CoordinatorCluster {
  readonly registry: SessionRegistry;
  readonly directory: WorkerDirectory;
  readonly jobs: CoordinatorQueues;
  /** For creating sessions, which is idempotent by nature. */
  readonly idempotency: IdempotencyStore;
  /** What the coordinator shows workers. */
  readonly token: ClusterToken;
  /** Whether Redis answered when it was last asked. */
  connected(): boolean;
  /** Begins in the background and keeps trying; Redis may be away. */
  start(): void;
  /** Takes no more jobs and closes all connections. Never rejects. */
  stop(): Promise<void>;
}

/** Builds a coordinator's part; nothing is connected before it starts. */
export function createCoordinatorCluster(given: CoordinatorClusterOptions): CoordinatorCluster {
  const { options, clock, logger, random = Math.random } = given;
  const common = { options, clock, logger, random };
  const link = new RedisLink({ ...common, use: "requests" });
  const subscriber = new RedisLink({ ...common, use: "subscriber" });
  const { heartbeatMs, leaseMs } = options;
  const directory = new RedisWorkerDirectory({
    ...{ link, subscriber, heartbeatMs, leaseMs, logger, clock },
  });
  const { intervalsMs, handlers } = given;
  const jobs = new CoordinatorJobs({ ...common, link, intervalsMs, handlers });
  const shared = options.token === undefined ? new SharedToken(link, clock) : undefined;
  return {
    registry: new RedisSessionRegistry(link),
    directory,
    jobs,
    idempotency: new RedisIdempotencyStore(link, logger),
    token: shared ?? new GivenToken(options.token ?? ""),
    connected: () => link.up,
    start() {
      directory.start();
      jobs.start();
      shared?.start();
      link.open();
      subscriber.open();
    },
    async stop() {
      directory.stop();
      shared?.stop();
      await jobs.stop();
      link.close();
      subscriber.close();
    },
  };
}
