import {
  type Clock,
  type IdempotencyStore,
  type Logger,
  systemClock,
} from "@sandbox-system/contract";
import {
  callJournalPath,
  createSandboxService,
  type SandboxService,
} from "@sandbox-system/sandbox";
import {
  apiRoutes,
  createHttpApp,
  createKeyring,
  createLogger,
  HttpListener,
  Metrics,
  type Route,
} from "@sandbox-system/service";
import { clusterRoutes } from "./cluster/cluster-routes.js";
import { composeMembership } from "./cluster/compose-membership.js";
import { CallJournal } from "./idempotency/call-journal.js";
import { JournaledIdempotencyStore } from "./idempotency/journaled-idempotency-store.js";
import { MemoryIdempotencyStore } from "./idempotency/memory-idempotency-store.js";
import { policyToBody } from "./policy-body.js";
import { addWorkerGauges } from "./process/worker-gauges.js";
import { Worker } from "./process/worker.js";
import { WorkerStatus } from "./process/worker-status.js";
import type { WorkerConfig } from "./settings/worker-settings.js";

/** What a worker is built from. */
export interface ComposeOptions {
  readonly config: WorkerConfig;
  readonly version: string;
  /** Directory in which uploads may wait on disk. */
  readonly stagingDirectory: string;
  /** Replaces the engine room, the log and the clock; for tests. */
  readonly adapters?: {
    readonly service?: SandboxService;
    readonly logger?: Logger;
    readonly clock?: Clock;
  };
}

/** A worker, and the HTTP interface by itself for those who bring their own server. */
export interface ComposedWorker {
  readonly worker: Worker;
  readonly app: ReturnType<typeof createHttpApp>;
  readonly routes: readonly Route[];
  readonly logger: Logger;
}

/** Builds a worker and all its adapters. Nothing runs before {@link Worker.listen}. */
export function composeWorker(options: ComposeOptions): ComposedWorker {
  const { config, version, stagingDirectory, adapters = {} } = options;
  const { http } = config;
  const clock = adapters.clock ?? systemClock;
  const logger =
    adapters.logger ?? createLogger({ level: http.logLevel, format: http.logFormat, clock });
  const membership = composeMembership(options, {
    logger,
    clock,
    worker: () => worker,
    service: () => service,
  });
  const service =
    adapters.service ??
    createSandboxService(config.sandbox, {
      logger,
      clock,
      keepsSessions: true,
      ledger: membership?.ledger,
    });
  const metrics = new Metrics({ defaultMetrics: http.defaultMetrics });
  addWorkerGauges(metrics, service);
  const keyring = membership?.keyring ?? createKeyring(http.apiKeys, http.adminTenants);
  const status = new WorkerStatus({
    service,
    version,
    uptimeSeconds: () => worker.uptimeSeconds,
    member: membership?.member,
  });
  const sandboxes = membership?.guard(service) ?? service;
  const routes = [
    ...apiRoutes({
      sandboxes,
      status,
      workers: status,
      idempotency: idempotencyStore(options, { logger, clock }),
      policy: () => Promise.resolve(policyToBody(service.policy)),
      keyring,
      metrics,
      maxFileBytes: () => config.sandbox.limits.maxFileBytes,
      stagingDirectory,
      version,
    }),
    ...(membership === undefined ? [] : clusterRoutes(sandboxes)),
  ];
  const app = createHttpApp({
    routes,
    keyring,
    logger,
    clock,
    maxJsonBodyBytes: http.maxJsonBodyBytes,
    record: (request) => {
      metrics.recordRequest(request);
    },
  });
  const listener = new HttpListener(app, {
    logger,
    clock,
    requestTimeoutMs: http.requestTimeoutMs,
  });
  const worker: Worker = new Worker({
    service,
    listener,
    http,
    keepsSessions: config.continuity.keepsSessions,
    member: membership?.member,
    version,
    logger,
    clock,
  });
  return { worker, app, routes, logger };
}

/** A worker that really runs writes down what its successor must know; one over a fake engine room has no place for it. */
function idempotencyStore(
  { config, adapters = {} }: ComposeOptions,
  { logger, clock }: { logger: Logger; clock: Clock },
): IdempotencyStore {
  const memory = new MemoryIdempotencyStore(clock);
  if (adapters.service !== undefined) return memory;
  const journal = new CallJournal(callJournalPath(config.sandbox));
  return new JournaledIdempotencyStore({ memory, journal, clock, logger });
}
