import { type CoordinatorCluster, createCoordinatorCluster } from "@sandbox-system/cluster";
import { type Clock, type Logger, systemClock } from "@sandbox-system/contract";
import {
  apiRoutes,
  createHttpApp,
  createKeyring,
  createLogger,
  HttpListener,
  Metrics,
} from "@sandbox-system/service";
import { composeRouting } from "./compose-routing.js";
import { withRequestScope } from "./http/request-scope.js";
import { RunningRequests } from "./http/running-requests.js";
import { createCoordinatorIdempotency } from "./idempotency/coordinator-idempotency.js";
import { Coordinator } from "./process/coordinator.js";
import { addCoordinatorGauges } from "./process/coordinator-gauges.js";
import { CoordinatorStatus } from "./process/coordinator-status.js";
import { PoolScaling } from "./scaling/pool-scaling.js";
import type { CoordinatorConfig } from "./settings/coordinator-settings.js";
import { sweepExpired } from "./sweeping/expiry-sweep.js";
import { ClusterWorkers } from "./workers/cluster-workers.js";
import { IdentityProbe } from "./workers/identity-probe.js";
import { JobWatch } from "./workers/job-watch.js";
import { WorkerAddresses } from "./workers/worker-addresses.js";

/** What a coordinator is built from. */
export interface ComposeOptions {
  readonly config: CoordinatorConfig;
  readonly version: string;
  /** Directory in which uploads may wait on disk. */
  readonly stagingDirectory: string;
  /** Replaces the cluster, the log and the clock; for tests. */
  readonly adapters?: {
    readonly cluster?: CoordinatorCluster;
    readonly logger?: Logger;
    readonly clock?: Clock;
  };
}

/** A coordinator, and what its process needs of its parts. */
export interface ComposedCoordinator {
  readonly coordinator: Coordinator;
  readonly logger: Logger;
}

/** What everything is made with. */
interface Foundation extends ComposeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Builds a coordinator and all its adapters. Nothing runs before {@link Coordinator.listen}. */
export function composeCoordinator(options: ComposeOptions): ComposedCoordinator {
  const { config, adapters = {} } = options;
  const { logLevel: level, logFormat: format } = config.http;
  const clock = adapters.clock ?? systemClock;
  const logger = adapters.logger ?? createLogger({ level, format, clock });
  const foundation = { ...options, clock, logger };
  const work = composeCluster(foundation);
  const coordinator: Coordinator = composeProcess(foundation, work, () => coordinator);
  return { coordinator, logger };
}

/** Everything behind the HTTP interface. */
function composeCluster({ config, adapters = {}, clock, logger }: Foundation) {
  const intervalsMs = {
    "expiry-sweep": config.sweepIntervalMs,
    "pool-scaling": config.scalingIntervalMs,
  };
  const cluster: CoordinatorCluster =
    adapters.cluster ??
    createCoordinatorCluster({
      ...{ options: config.cluster, intervalsMs, logger, clock },
      handlers: () => ({
        "expiry-sweep": () => sweepExpired({ ...cluster, logger }),
        "pool-scaling": () => scaling.run(),
      }),
    });
  const { directory, token, jobs } = cluster;
  const scaling = new PoolScaling({
    ...{ directory, jobs, clock, logger, headroom: config.poolHeadroom },
    intervalMs: config.scalingIntervalMs ?? 0,
  });
  const probe = new IdentityProbe(token, clock);
  const addresses = new WorkerAddresses({
    ...{ urls: config.workerUrls, directory, clock, logger, identify: probe.identify },
  });
  const jobWatch = new JobWatch({ lastRun: (job) => jobs.lastRun(job), intervalsMs, clock });
  const routing = composeRouting({ cluster, addresses, clock, logger });
  return { cluster, scaling, probe, addresses, jobWatch, routing };
}

/** The HTTP interface, and the process around everything. */
function composeProcess(
  { config, version, stagingDirectory, clock, logger }: Foundation,
  { cluster, scaling, probe, addresses, jobWatch, routing }: ReturnType<typeof composeCluster>,
  self: () => Coordinator,
): Coordinator {
  const { http, coordinatorId } = config;
  const { directory } = cluster;
  const { lines, caller, holds, calls, placements, events } = routing;
  const connected = (): boolean => cluster.connected();
  const metrics = new Metrics({ defaultMetrics: http.defaultMetrics });
  addCoordinatorGauges(metrics, { directory, lines, holds, calls, placements, connected });
  const workers = new ClusterWorkers({ directory, lines, caller, clock });
  const keyring = createKeyring(http.apiKeys, http.adminTenants);
  const status = new CoordinatorStatus({
    ...{ coordinatorId, version, directory, lines, clock, connected },
    phase: () => self().phase,
    uptimeSeconds: () => self().uptimeSeconds,
    warnings: () => [...addresses.warnings(), ...jobWatch.warnings()],
  });
  const routes = apiRoutes({
    ...{
      sandboxes: routing.sandboxes,
      status,
      workers,
      keyring,
      metrics,
      stagingDirectory,
      version,
    },
    idempotency: createCoordinatorIdempotency(cluster.idempotency),
    policy: () => workers.policy(),
    maxFileBytes: () => workers.maxFileBytes(),
  });
  const app = createHttpApp({
    ...{ routes, keyring, logger, clock, maxJsonBodyBytes: http.maxJsonBodyBytes },
    record: (request) => {
      metrics.recordRequest(request);
    },
  });
  const requests = new RunningRequests();
  const { requestTimeoutMs } = http;
  const served = requests.follow(withRequestScope(app));
  const listener = new HttpListener(served, { logger, clock, requestTimeoutMs });
  return new Coordinator({
    ...{ coordinatorId, listener, requests, http, version, logger, clock },
    companions: [
      cluster,
      {
        start: () => addresses.start(),
        async stop() {
          addresses.stop();
          await probe.close();
        },
      },
      {
        start: () => jobWatch.start(),
        async stop() {
          jobWatch.stop();
          scaling.close();
          events.close();
          await lines.close();
        },
      },
    ],
  });
}
