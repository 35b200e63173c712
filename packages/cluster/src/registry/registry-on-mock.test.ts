import { beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { openMockLink } from "../testing/mock-link.js";
import { RedisSessionRegistry } from "./redis-session-registry.js";

/** The scripts that ioredis-mock can run, so that their syntax is checked without a server; the suite on a real Redis has the rest. */
describe("the registry's scripts on ioredis-mock", () => {
  let registry: RedisSessionRegistry;

  beforeEach(async () => {
    const { link, redis } = await openMockLink(new FakeClock());
    await redis.flushall();
    await redis.hset(link.keys.epoch, { heardAt: Date.now(), settledAt: 0 });
    registry = new RedisSessionRegistry(link);
  });

  const claim = (sessionId: string) =>
    registry.claimThread({
      ...{ tenant: "acme", threadId: "t", userId: "u", sessionId, workerId: "w1" },
    });

  it("join, move and give up a placement", async () => {
    expect(await claim("s1")).toMatchObject({ claimed: true, state: "placing" });
    expect(await claim("s2")).toMatchObject({ sessionId: "s1", claimed: false });
    const fence = { sessionId: "s1", generation: 1 };
    expect(await registry.place(fence, "w2")).toMatchObject({ workerId: "w2", generation: 2 });
    expect(await registry.find("s1")).toMatchObject({ workerId: "w2", state: "placing" });
    await registry.abandon({ ...fence, generation: 2 });
    expect(await registry.find("s1")).toBeUndefined();
    expect(await claim("s3")).toMatchObject({ sessionId: "s3", claimed: true });
  });

  it("end a session once", async () => {
    await claim("s1");
    const fence = { sessionId: "s1", generation: 1 };
    expect(await registry.end({ ...fence, generation: 2 }, "closed")).toBe(false);
    expect(await registry.end(fence, "closed")).toBe(true);
    expect(await registry.end(fence, "expired")).toBe(false);
    expect(await registry.find("s1")).toMatchObject({ state: "ended", end: "closed" });
  });
});
