import { describe, expect, it } from "@jest/globals";
import { type Environment, parseSettings, SettingsError } from "@sandbox-system/contract";
import {
  clusterSettingRelations,
  clusterSettings,
  compileClusterOptions,
} from "./cluster-settings.js";

const compile = (env: Environment) =>
  compileClusterOptions(parseSettings(clusterSettings, env, clusterSettingRelations));

/** What is wrong with an environment. */
function faultsOf(env: Environment): readonly string[] {
  try {
    compile(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe("the settings of a cluster", () => {
  it("are none without a Redis: the process stands alone", () => {
    expect(compile({})).toBeUndefined();
    expect(compile({ REDIS_PORT: "7000", CLUSTER_TOKEN: "0123456789abcdef" })).toBeUndefined();
  });

  it("have the documented defaults", () => {
    expect(compile({ REDIS_HOST: "redis" })).toEqual({
      redis: { kind: "host", host: "redis", port: 6379 },
      username: undefined,
      password: undefined,
      keyPrefix: "sandbox",
      token: undefined,
      heartbeatMs: 5000,
      leaseMs: 15_000,
    });
  });

  it("take a URL, with TLS and a database", () => {
    const url = "rediss://user:pass@redis.example:6380/2";
    expect(compile({ REDIS_URL: url })?.redis).toEqual({ kind: "url", url });
  });

  it("take sentinels", () => {
    const env = { REDIS_SENTINELS: "a:26380, b", REDIS_SENTINEL_NAME: "main" };
    expect(compile(env)?.redis).toEqual({
      kind: "sentinels",
      sentinels: [
        { host: "a", port: 26_380 },
        { host: "b", port: 26_379 },
      ],
      name: "main",
    });
  });

  it("take fractions of seconds exactly", () => {
    const env = { REDIS_HOST: "r", HEARTBEAT_INTERVAL_SECONDS: "0.2", LEASE_SECONDS: "0.6" };
    expect(compile(env)).toMatchObject({ heartbeatMs: 200, leaseMs: 600 });
  });

  it.each([
    [{ REDIS_HOST: "r", REDIS_URL: "redis://r" }, "REDIS_HOST and REDIS_URL exclude each other"],
    [{ REDIS_SENTINELS: "a:1" }, "need each other"],
    [{ REDIS_SENTINEL_NAME: "main" }, "need each other"],
    [{ REDIS_SENTINELS: "a:b" }, "must be host:port"],
    [{ REDIS_SENTINELS: "a:70000" }, "must be host:port"],
    [{ REDIS_URL: "redis://r", REDIS_PASSWORD: "x" }, "belong into REDIS_URL"],
    [{ REDIS_URL: "http://r" }, "must be redis://"],
    [{ REDIS_KEY_PREFIX: "a{b}" }, "must be 1 to 64"],
    [{ CLUSTER_TOKEN: "short" }, "must be 16 to 256"],
    [{ HEARTBEAT_INTERVAL_SECONDS: "0.1" }, "0.2"],
    [{ LEASE_SECONDS: "14" }, "at least 3 times"],
    [{ HEARTBEAT_INTERVAL_SECONDS: "6" }, "at least 3 times"],
  ])("refuse %j", (env, fault) => {
    expect(faultsOf(env)).toEqual([expect.stringContaining(fault)]);
  });

  it("never show a secret", () => {
    const env = { CLUSTER_TOKEN: "hush", REDIS_URL: "nonsense-hush" };
    expect(faultsOf(env)).toHaveLength(2);
    expect(JSON.stringify(faultsOf(env))).not.toContain("hush");
    const secrets = Object.entries(clusterSettings).filter(([, { secret }]) => secret);
    expect(secrets.map(([name]) => name)).toEqual(["REDIS_PASSWORD", "REDIS_URL", "CLUSTER_TOKEN"]);
  });
});
