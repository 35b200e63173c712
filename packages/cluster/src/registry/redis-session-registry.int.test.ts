import { afterAll, afterEach, beforeAll, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { randomUUID } from "node:crypto";
import { play, steps } from "../conformance/registry-model.js";
import { describeSessionRegistry } from "../conformance/session-registry-suite.js";
import { memoryRegistryWorld } from "../testing/memory-world.js";
import { RedisServer } from "../testing/redis-server.js";
import { RedisRegistryWorld } from "../testing/redis-world.js";

jest.setTimeout(120_000);

const server = new RedisServer();
const worlds: RedisRegistryWorld[] = [];

beforeAll(() => server.start());
afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});
afterAll(() => server.cleanUp());

async function open(): Promise<RedisRegistryWorld> {
  const world = new RedisRegistryWorld(server, randomUUID());
  worlds.push(world);
  await world.open();
  return world;
}

describeSessionRegistry("in Redis", open);

it("keeps its promises, and answers as the one in memory does, whatever several actors do", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const inRedis = await play(await open(), script);
      expect(inRedis).toEqual(await play(memoryRegistryWorld(), script));
    }),
    { numRuns: 60 },
  );
});
