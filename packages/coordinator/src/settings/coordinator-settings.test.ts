import { describe, expect, it } from "@jest/globals";
import { type Environment, SettingsError } from "@sandbox-system/contract";
import { parseCoordinatorConfig } from "./coordinator-settings.js";

const parse = (env: Environment) =>
  parseCoordinatorConfig({ REDIS_HOST: "redis", ...env }, "host-1");

function faultsOf(env: Environment): readonly string[] {
  try {
    parse(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

it("takes the defaults", () => {
  expect(parse({})).toMatchObject({
    http: { port: 8000 },
    cluster: { redis: { kind: "host", host: "redis" } },
    coordinatorId: "host-1",
    workerUrls: [],
    sweepIntervalMs: 300_000,
    scalingIntervalMs: 10_000,
    poolHeadroom: 0.5,
  });
});

it("takes what is given", () => {
  const config = parse({
    COORDINATOR_ID: "c1",
    WORKERS: "http://10.0.0.1:5000/, https://w2.example:5000/base ,http://10.0.0.1:5000",
    CLEANUP_INTERVAL_SECONDS: "60",
    POOL_SCALING: "false",
    POOL_HEADROOM: "0.25",
  });
  expect(config).toMatchObject({
    coordinatorId: "c1",
    workerUrls: ["http://10.0.0.1:5000", "https://w2.example:5000/base"],
    sweepIntervalMs: 60_000,
    scalingIntervalMs: undefined,
    poolHeadroom: 0.25,
  });
});

describe("faults", () => {
  it("are told all at once", () => {
    const faults = faultsOf({ REDIS_HOST: "", CLEANUP_INTERVAL_SECONDS: "0", WORKERS: "w1:5000" });
    expect(faults).toHaveLength(3);
    expect(faults.join("\n")).toMatch(/CLEANUP_INTERVAL_SECONDS.*\n?/);
    expect(faults.join("\n")).toContain("REDIS_HOST is not set");
    expect(faults.join("\n")).toContain("WORKERS");
  });

  it.each(["http://", "http://a b", "http://a,,http://b", "ftp://a", "http://a?x"])(
    "WORKERS=%s",
    (urls) => {
      expect(faultsOf({ WORKERS: urls })).toHaveLength(1);
    },
  );

  it("a lease shorter than three heartbeats", () => {
    expect(faultsOf({ LEASE_SECONDS: "5", HEARTBEAT_INTERVAL_SECONDS: "5" })).toHaveLength(1);
  });
});
