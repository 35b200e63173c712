import { describe, expect, it } from "@jest/globals";
import { SettingsError } from "@sandbox-system/contract";
import { usage } from "../process/usage.js";
import { parseWorkerConfig, workerSettings } from "./worker-settings.js";

describe("parseWorkerConfig", () => {
  it("needs nothing", () => {
    const { http, sandbox } = parseWorkerConfig({});
    expect(http.port).toBe(5000);
    expect(sandbox.workerId).toBe("worker1");
  });

  it("reports faults of both halves and of their relations at once", () => {
    const env = { PORT: "x", POOL_SIZE: "x", MAX_FILE_SIZE_MB: "600", ADMIN_KEY_NAMES: "a" };
    let faults: readonly string[] = [];
    try {
      parseWorkerConfig(env);
    } catch (error) {
      if (error instanceof SettingsError) ({ faults } = error);
    }
    expect(faults.map((fault) => fault.split(/[= ]/)[0])).toEqual([
      "PORT",
      "POOL_SIZE",
      "ADMIN_KEY_NAMES",
      "MAX_FILE_SIZE_MB",
    ]);
  });
});

it("--help names every variable", () => {
  const text = usage("1.2.3");
  for (const name of Object.keys(workerSettings)) expect(text).toContain(`  ${name} `);
});

describe("a worker's life beyond one process", () => {
  const REDIS = { REDIS_HOST: "redis" };

  it.each([
    [{}, false],
    [REDIS, true],
    [{ ...REDIS, SHUTDOWN_SESSIONS: "end" }, false],
    [{ SHUTDOWN_SESSIONS: "keep" }, true],
  ])("%j keeps sessions: %s", (env, keepsSessions) => {
    expect(parseWorkerConfig(env).continuity).toEqual({ keepsSessions, url: undefined });
  });

  it("is part of a cluster when a Redis is named", () => {
    expect(parseWorkerConfig({}).cluster).toBeUndefined();
    expect(parseWorkerConfig(REDIS).cluster).toBeDefined();
  });

  it.each([
    [{}, "host.example_1", "worker1"],
    [REDIS, "host.example_1", "host.example_1"],
    [REDIS, "ü host", "host"],
    [REDIS, "x".repeat(80), "x".repeat(64)],
    [REDIS, "---", "worker1"],
    [{ ...REDIS, WORKER_ID: "mine" }, "host", "mine"],
  ])("%j on %s is called %s", (env, hostName, workerId) => {
    expect(parseWorkerConfig(env, hostName).sandbox.workerId).toBe(workerId);
  });

  it.each(["ftp://x", "worker1:5000", "http://a/b", "http://a b"])("WORKER_URL=%s", (url) => {
    expect(() => parseWorkerConfig({ WORKER_URL: url })).toThrow(SettingsError);
  });
});
