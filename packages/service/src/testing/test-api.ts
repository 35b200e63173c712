import { tmpdir } from "node:os";
import { type Environment, parseSettings, type PolicyBody } from "@sandbox-system/contract";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import type { ApiPorts } from "../api/api-ports.js";
import { apiRoutes } from "../api/api-routes.js";
import type { IdempotencyStore } from "@sandbox-system/contract";
import { createKeyring } from "../auth/keyring.js";
import { createHttpApp } from "../http/http-app.js";
import { Metrics } from "../metrics/metrics.js";
import { compileHttpOptions, httpSettings } from "../settings/http-settings.js";
import { FakeNode } from "./fake-node.js";
import { FakeSandboxApi } from "./fake-sandbox-api.js";

/** What a test may choose. */
export interface TestApiOptions {
  /** HTTP variables, such as API_KEYS. */
  readonly env?: Environment;
  readonly maxFileBytes?: number;
  /** Replaces ports. */
  readonly ports?: Partial<ApiPorts>;
}

/** The whole API over fakes, for supertest. */
export function createTestApi({ env = {}, maxFileBytes = 1024 ** 2, ports }: TestApiOptions = {}) {
  const http = compileHttpOptions(parseSettings(httpSettings(5000), env));
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const sandboxes = new FakeSandboxApi({ clock, maxFileBytes });
  const node = new FakeNode();
  const metrics = new Metrics({ defaultMetrics: false });
  const keyring = createKeyring(http.apiKeys, http.adminTenants);
  const routes = apiRoutes({
    sandboxes,
    status: node,
    workers: node,
    idempotency: forgetful,
    policy: () => Promise.resolve(POLICY),
    keyring,
    metrics,
    maxFileBytes: () => maxFileBytes,
    stagingDirectory: tmpdir(),
    version: "1.2.3",
    ...ports,
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
  return { app, routes, sandboxes, node, clock, logger, metrics };
}

/** Makes every call; remembers none. */
const forgetful: IdempotencyStore = {
  once: async (_entry, call) => ({ outcome: (await call()).outcome, replayed: false }),
};

const POLICY: PolicyBody = {
  mode: "enforce",
  allowed_commands: ["ls"],
  forbidden_commands: ["rm"],
  max_command_bytes: 65_536,
};
