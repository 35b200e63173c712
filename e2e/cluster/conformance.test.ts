import { jest } from "@jest/globals";
import type { ConformanceTarget } from "../../packages/client/src/conformance/conformance-target.js";
import { describeConformance } from "../../packages/client/src/conformance/describe-conformance.js";
import { TestCluster } from "./test-cluster.js";

// Containers are started and removed on a machine that may be busy with other things.
jest.setTimeout(60_000);

const WORKERS = 2;

/** Remote mode by way of a coordinator: sessions of one client may be on either of two workers. */
const clusterTarget: ConformanceTarget = {
  async start(settings) {
    const { MAX_POOL_SIZE: inAll, ...others } = settings;
    const each = inAll === undefined ? {} : { MAX_POOL_SIZE: String(Number(inAll) / WORKERS) };
    const cluster = new TestCluster({
      workers: WORKERS,
      coordinators: 1,
      env: { ...others, ...each, COMMAND_POLICY: "enforce", SHUTDOWN_SESSIONS: "end" },
    });
    await cluster.start();
    return {
      clientOptions: { mode: "remote", serverUrl: cluster.url() },
      stop: async () => {
        try {
          for (const process of [...cluster.coordinators, ...cluster.workers]) {
            const { code } = await process.end("SIGTERM");
            if (code !== 0) throw new Error(`Ended with ${String(code)}:\n${process.output}`);
          }
        } finally {
          await cluster.redis.cleanUp();
        }
      },
    };
  },
};

describeConformance("a coordinator with two workers", clusterTarget);
