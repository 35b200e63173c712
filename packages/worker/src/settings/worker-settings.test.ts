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
