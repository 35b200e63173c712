import { randomUUID } from "node:crypto";
import { systemClock } from "@sandbox-system/contract";
import { RecordingLogger } from "@sandbox-system/contract/testing";
import {
  createCoordinatorCluster,
  type CoordinatorCluster,
} from "../compose/create-coordinator-cluster.js";
import { createWorkerCluster, type WorkerCluster } from "../compose/create-worker-cluster.js";
import type { ScheduledHandlers, ScheduledIntervals } from "../jobs/coordinator-jobs.js";
import type { DirectoryEvent } from "../membership/worker-directory.js";
import type { ClusterOptions } from "../settings/cluster-settings.js";
import { testClusterOptions } from "./cluster-options.js";
import { FakeMemberHost } from "./fake-member-host.js";
import type { RedisServer } from "./redis-server.js";

/** Short enough that a lease runs out while a test waits. */
export const SHORT_TIMES = { heartbeatMs: 300, leaseMs: 1500 } as const;

/** A worker as a test sees it. */
export interface TestWorker extends WorkerCluster {
  readonly host: FakeMemberHost;
  readonly logger: RecordingLogger;
}

/** A coordinator as a test sees it. */
export interface TestCoordinator extends CoordinatorCluster {
  readonly logger: RecordingLogger;
  /** What its directory has told, without the mere beats. */
  readonly events: DirectoryEvent[];
}

/** Workers and coordinators of one prefix in a real Redis. What a test makes here ends with {@link close}. */
export class TestCluster {
  readonly options: ClusterOptions;
  readonly #open: (() => Promise<void>)[] = [];

  constructor(
    readonly server: RedisServer,
    more: Partial<ClusterOptions> = {},
  ) {
    this.options = testClusterOptions(server.url, {
      ...SHORT_TIMES,
      keyPrefix: randomUUID(),
      ...more,
    });
  }

  /** A worker that has begun to join. */
  worker(host = new FakeMemberHost()): TestWorker {
    const logger = new RecordingLogger();
    const { options } = this;
    const worker = createWorkerCluster({ options, host: () => host, logger, clock: systemClock });
    worker.member.start();
    this.#open.push(() => worker.member.withdraw());
    return { ...worker, host, logger };
  }

  /** A coordinator that has been started. */
  coordinator(
    intervalsMs: Partial<ScheduledIntervals> = {},
    handlers: Partial<ScheduledHandlers> = {},
  ): TestCoordinator {
    const logger = new RecordingLogger();
    const { options } = this;
    const nothing = (): Promise<void> => Promise.resolve();
    const coordinator = createCoordinatorCluster({
      ...{ options, logger, clock: systemClock },
      intervalsMs: { "expiry-sweep": undefined, "pool-scaling": undefined, ...intervalsMs },
      handlers: () => ({ "expiry-sweep": nothing, "pool-scaling": nothing, ...handlers }),
    });
    const events: DirectoryEvent[] = [];
    coordinator.directory.subscribe((event) => {
      if (event.kind !== "beat") events.push(event);
    });
    coordinator.start();
    this.#open.push(() => coordinator.stop());
    return { ...coordinator, logger, events };
  }

  /** Ends everything that is still open. */
  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((end) => end()));
  }
}
