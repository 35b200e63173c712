import { type Clock, type Logger, systemClock } from "@sandbox-system/contract";
import { createSandboxService, type SandboxService } from "@sandbox-system/sandbox";
import {
  apiRoutes,
  createHttpApp,
  createKeyring,
  createLogger,
  HttpListener,
  Metrics,
  type Route,
} from "@sandbox-system/service";
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
  const service = adapters.service ?? createSandboxService(config.sandbox, { logger, clock });
  const metrics = new Metrics({ defaultMetrics: http.defaultMetrics });
  addWorkerGauges(metrics, service);
  const keyring = createKeyring(http.apiKeys, http.adminTenants);
  const status = new WorkerStatus({
    service,
    version,
    uptimeSeconds: () => worker.uptimeSeconds,
  });
  const routes = apiRoutes({
    sandboxes: service,
    status,
    workers: status,
    idempotency: new MemoryIdempotencyStore(clock),
    policy: () => Promise.resolve(policyToBody(service.policy)),
    keyring,
    metrics,
    maxFileBytes: () => config.sandbox.limits.maxFileBytes,
    stagingDirectory,
    version,
  });
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
  const worker: Worker = new Worker({ service, listener, http, version, logger, clock });
  return { worker, app, routes, logger };
}
