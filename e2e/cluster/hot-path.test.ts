import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { converse, converseAll } from "./conversations.js";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(120_000);

/** What a create costs: the claim by the coordinator and the activation by the worker (packages/cluster/README.md). */
const COMMANDS_PER_CREATE = 2;

const cluster = new TestCluster({
  workers: 1,
  coordinators: 1,
  // Nothing else is to be heard: one sweep a day, one beat in ten seconds.
  env: {
    POOL_SIZE: "10",
    HEARTBEAT_INTERVAL_SECONDS: "10",
    LEASE_SECONDS: "60",
    CLEANUP_INTERVAL_SECONDS: "86400",
  },
});

beforeAll(() => cluster.start());
afterAll(() => cluster.cleanUp());

/** Script calls while `work` runs that name one of these; beats and queues name other keys. */
async function sessionCommands(work: () => Promise<unknown>): Promise<string[]> {
  const monitor = await cluster.redis.monitor();
  await work().catch(async (error: unknown) => {
    await monitor.stop();
    throw error;
  });
  const commands = await monitor.stop();
  return commands.filter((command) => /:(session|thread):/.test(command));
}

describe("Redis", () => {
  it("is not asked for anything when a command runs", async () => {
    const client = await converse(cluster.url());
    await client.execute("true");
    const heard = await sessionCommands(async () => {
      for (let count = 0; count < 100; count += 1) await client.execute("true");
    });
    expect(heard).toEqual([]);
  });

  it("is asked a constant number of times for a session", async () => {
    const heard = await sessionCommands(() => converseAll(cluster.url(), 5));
    expect(heard).toHaveLength(5 * COMMANDS_PER_CREATE);
  });
});
