import { tmpdir } from "node:os";
import type { CoordinatorCluster, WorkerJob } from "@sandbox-system/cluster";
import type { Environment, IdempotencyStore } from "@sandbox-system/contract";
import { RecordingLogger } from "@sandbox-system/contract/testing";
import { composeCoordinator } from "../compose.js";
import { parseCoordinatorConfig } from "../settings/coordinator-settings.js";
import { FixedToken } from "./fixed-token.js";
import type { TestCluster } from "./test-cluster.js";

/** Makes every call; remembers none. */
const forgetful: IdempotencyStore = {
  once: async (_entry, call) => ({ outcome: (await call()).outcome, replayed: false }),
};

/** A whole coordinator over a test's cluster; it listens on a free port of the loopback when told to. */
export function composeTestCoordinator(
  { registry, directory }: TestCluster,
  env: Environment = {},
) {
  const redis = { connected: true };
  const sent: [string, WorkerJob][] = [];
  const cluster: CoordinatorCluster = {
    registry,
    directory,
    jobs: {
      send(workerId, job) {
        sent.push([workerId, job]);
        return Promise.resolve();
      },
      lastRun: () => Promise.resolve(undefined),
    },
    idempotency: forgetful,
    token: new FixedToken(),
    connected: () => redis.connected,
    start: () => undefined,
    stop: () => Promise.resolve(),
  };
  const logger = new RecordingLogger();
  const given = { HOST: "127.0.0.1", PORT: "0", DEFAULT_METRICS: "no", REDIS_HOST: "nowhere" };
  const { coordinator } = composeCoordinator({
    config: parseCoordinatorConfig({ ...given, ...env }, "c1"),
    version: "1.2.3",
    stagingDirectory: tmpdir(),
    adapters: { cluster, logger },
  });
  return { coordinator, redis, sent, logger };
}
