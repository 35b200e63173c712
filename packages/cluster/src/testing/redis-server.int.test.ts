import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { RedisServer } from "./redis-server.js";

jest.setTimeout(60_000);

let server: RedisServer;

afterEach(() => server.cleanUp());

describe("a Redis server for tests", () => {
  it("keeps its port, and its data only when it is asked to", async () => {
    server = new RedisServer({ appendOnly: true });
    await server.start();
    const { url } = server;
    await server.admin.set("key", "value");
    await server.stop();
    await server.start();
    expect(await server.admin.get("key")).toBe("value");
    await server.stop();
    await server.startEmpty();
    expect(await server.admin.exists("key")).toBe(0);
    expect(server.url).toBe(url);
  });

  it("forgets everything otherwise", async () => {
    server = new RedisServer();
    await server.start();
    await server.admin.set("key", "value");
    await server.stop();
    await server.start();
    expect(await server.admin.exists("key")).toBe(0);
  });

  it("tells which commands it got, and counts those of scripts too", async () => {
    server = new RedisServer();
    await server.start();
    const before = await server.commandStats();
    const monitor = await server.monitor();
    await server.admin.set("key", "value");
    await server.admin.eval("return redis.call('GET', KEYS[1])", 1, "key");
    const heard = await monitor.stop();
    await server.admin.get("later");
    expect(heard).toEqual(["set key value", expect.stringContaining("eval return")]);
    const after = await server.commandStats();
    expect((after["get"] ?? 0) - (before["get"] ?? 0)).toBe(2);
  });

  it("asks for its password", async () => {
    server = new RedisServer({ password: "p@ss word" });
    await server.start();
    expect(await server.admin.ping()).toBe("PONG");
    const stranger = server.admin.duplicate({ password: "", retryStrategy: () => null });
    stranger.on("error", () => undefined);
    await expect(stranger.get("key")).rejects.toThrow();
    stranger.disconnect();
  });
});
