import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { testClusterOptions } from "../testing/cluster-options.js";
import { createRedis, reconnectDelayMs } from "./connection.js";

describe("reconnection", () => {
  it("comes after 25 ms at least and half a second at most, whatever the attempt", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, chance) => {
          const delayMs = reconnectDelayMs(attempt, chance);
          expect(delayMs).toBeGreaterThanOrEqual(25);
          expect(delayMs).toBeLessThanOrEqual(500);
        },
      ),
    );
  });

  it("grows", () => {
    expect([1, 2, 3, 4, 5].map((attempt) => reconnectDelayMs(attempt, 0))).toEqual([
      50, 100, 200, 400, 500,
    ]);
  });
});

describe("a connection", () => {
  const options = testClusterOptions("redis://unused");

  it("for requests neither queues nor repeats commands, and connects when it is told", () => {
    const redis = createRedis(options, "requests", Math.random);
    expect(redis.status).toBe("wait");
    expect(redis.options).toMatchObject({
      ...{ enableOfflineQueue: false, maxRetriesPerRequest: 0 },
      ...{ autoResendUnfulfilledCommands: false, commandTimeout: 1000 },
    });
  });

  it("has credentials and the sentinels' addresses", () => {
    const redis = createRedis(
      {
        ...options,
        redis: { kind: "sentinels", sentinels: [{ host: "a", port: 1 }], name: "main" },
        username: "u",
        password: "p",
      },
      "subscriber",
      Math.random,
    );
    expect(redis.options).toMatchObject({
      ...{ sentinels: [{ host: "a", port: 1 }], name: "main", username: "u", password: "p" },
    });
  });

  it("speaks TLS when the URL says so", () => {
    const url = "rediss://u:p@redis.example:6380/3";
    const redis = createRedis({ ...options, redis: { kind: "url", url } }, "requests", Math.random);
    expect(redis.options).toMatchObject({
      ...{ host: "redis.example", port: 6380, username: "u", password: "p", db: 3 },
    });
    expect(redis.options.tls).toBeTruthy();
  });
});
