import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import type { Redis } from "ioredis";
import { setImmediate as turn } from "node:timers/promises";
import { openMockLink } from "../testing/mock-link.js";
import type { RedisLink } from "./redis-link.js";

let clock: FakeClock;
let logger: RecordingLogger;
let mock: Redis;
let link: RedisLink;

beforeEach(async () => {
  clock = new FakeClock();
  logger = new RecordingLogger();
  ({ link, redis: mock } = await openMockLink(clock, logger));
});

const timeOut = () =>
  link.ask(() => Promise.reject(new Error("Command timed out"))).catch((error: unknown) => error);

describe("a link", () => {
  it("tells once that it went up, and once that it went down", async () => {
    await timeOut();
    await timeOut();
    expect(link.up).toBe(false);
    await link.ask(() => Promise.resolve(1));
    expect(link.up).toBe(true);
    expect(logger.events()).toEqual(["redis.connect", "redis.lost", "redis.connect"]);
  });

  it("calls those who wait for Redis each time it is back, and soon when it is there", async () => {
    const heard = jest.fn();
    const forget = link.onUp(heard);
    expect(heard).not.toHaveBeenCalled();
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
    await timeOut();
    await link.ask(() => Promise.resolve(1));
    expect(heard).toHaveBeenCalledTimes(2);
    forget();
    await timeOut();
    await link.ask(() => Promise.resolve(1));
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it("makes a connection anew on which nothing is answered for seconds", async () => {
    const disconnect = jest.spyOn(mock, "disconnect");
    await timeOut();
    clock.advance(2999);
    await timeOut();
    expect(disconnect).not.toHaveBeenCalled();
    clock.advance(1);
    await timeOut();
    expect(disconnect).toHaveBeenCalledWith(true);
  });

  it("does not take a fault of ours for an absence of Redis", async () => {
    const ours = Object.assign(new Error("ERR unknown command"), { name: "ReplyError" });
    await expect(link.ask(() => Promise.reject(ours))).rejects.toMatchObject({
      code: "INTERNAL_ERROR",
    });
    expect(link.up).toBe(true);
  });

  it("survives faults of its connection, and answers nothing once it is closed", async () => {
    mock.emit("error", new Error("read ECONNRESET"));
    mock.emit("close");
    expect(logger.lines.at(-1)?.fields["reason"]).toBe("read ECONNRESET");
    link.close();
    const ask = jest.fn(() => Promise.resolve(1));
    await expect(link.ask(ask)).rejects.toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
    expect(ask).not.toHaveBeenCalled();
  });

  it("that is quiet is asked for a sign of life; without one it is made anew", async () => {
    const disconnect = jest.spyOn(mock, "disconnect");
    await link.verify();
    expect(clock.pending).toBe(0);
    jest.spyOn(mock, "ping").mockReturnValue(new Promise(() => undefined));
    void link.verify();
    clock.advance(1000);
    expect(link.up).toBe(false);
    expect(disconnect).toHaveBeenCalledWith(true);
  });
});
