import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import RedisMock from "ioredis-mock";
import { setImmediate as turn } from "node:timers/promises";
import type { RedisLink } from "../redis/redis-link.js";
import { openMockLink } from "../testing/mock-link.js";
import { GivenToken, SharedToken } from "./cluster-token.js";

let clock: FakeClock;
let redis: InstanceType<typeof RedisMock>;
const links: RedisLink[] = [];

afterEach(() => {
  redis.disconnect();
  for (const link of links.splice(0)) link.close();
});

beforeEach(async () => {
  clock = new FakeClock();
  redis = new RedisMock();
  await redis.flushall();
});

/** A process with a token of its own, connected to the one Redis. */
async function process(): Promise<SharedToken> {
  const { link } = await openMockLink(clock);
  links.push(link);
  return new SharedToken(link, clock);
}

describe("a token that is given", () => {
  it("is the token, and nothing else is", async () => {
    const token = new GivenToken("0123456789abcdef");
    expect(await token.current()).toBe("0123456789abcdef");
    expect(await token.refresh()).toBe("0123456789abcdef");
    expect(token.accepts("0123456789abcdef")).toBe(true);
    for (const other of ["", "0123456789abcdeF", "0123456789abcdef "])
      expect(token.accepts(other)).toBe(false);
  });
});

describe("a token that is shared", () => {
  it("is the first one's, for all", async () => {
    const [left, right] = [await process(), await process()];
    expect(left.accepts("")).toBe(false);
    const token = await left.current();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await right.current()).toBe(token);
    expect(right.accepts(token)).toBe(true);
    expect(right.accepts(`${token}x`)).toBe(false);
  });

  it("is put back by those who know it", async () => {
    const left = await process();
    const token = await left.current();
    await redis.flushall();
    await left.refresh();
    expect(await (await process()).current()).toBe(token);
  });

  it("that was replaced is taken for a minute more", async () => {
    const old = await process();
    const before = await old.current();
    await redis.flushall();
    const after = await (await process()).current();
    expect(old.accepts(after)).toBe(false);
    await old.refresh();
    expect(old.accepts(after)).toBe(true);
    expect(old.accepts(before)).toBe(true);
    clock.advance(60_000);
    expect(old.accepts(before)).toBe(false);
    expect(await old.current()).toBe(after);
  });

  it("is compared with the others' again and again, until it is stopped", async () => {
    const token = await process();
    token.start();
    await turn();
    const known = await token.current();
    await redis.flushall();
    clock.advance(15_000);
    await turn();
    await turn();
    expect(await (await process()).current()).toBe(known);
    token.stop();
    expect(clock.pending).toBe(0);
  });
});
