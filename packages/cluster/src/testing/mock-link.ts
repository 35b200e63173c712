import { type Clock, type Logger, silentLogger } from "@sandbox-system/contract";
import type { Redis } from "ioredis";
import RedisMock from "ioredis-mock";
import { setImmediate as turn } from "node:timers/promises";
import { RedisLink } from "../redis/redis-link.js";
import { testClusterOptions } from "./cluster-options.js";

/** A link over ioredis-mock, and what it is over. All of one process share their data. */
export interface MockLink {
  readonly link: RedisLink;
  readonly redis: Redis;
}

/**
 * An open link to ioredis-mock, for what needs no more than its commands and simple scripts; it knows no cjson, no faults and no BullMQ, which tests with a
 * real Redis cover.
 */
export async function openMockLink(clock: Clock, logger: Logger = silentLogger): Promise<MockLink> {
  const redis: Redis = new RedisMock({ lazyConnect: true });
  // The mock has no status of its own.
  redis.status = "wait";
  redis.once("ready", () => (redis.status = "ready"));
  const link = new RedisLink({
    options: testClusterOptions("redis://unused"),
    ...{ use: "requests", logger, clock, random: () => 0.5 },
    connect: () => redis,
  });
  link.open();
  await turn();
  return { link, redis };
}
