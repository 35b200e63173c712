import { describe, expect, it } from "@jest/globals";
import { parseSandboxOptions } from "./parse-sandbox-options.js";

describe("parseSandboxOptions", () => {
  it("has the guide's defaults, compiled to bytes and milliseconds", () => {
    expect(parseSandboxOptions({})).toMatchObject({
      pool: {
        size: 10,
        minSize: 3,
        maxSize: 80,
        aggressiveCleanup: true,
        idleTimeoutMs: 300_000,
      },
      sessions: { timeoutMs: 1_800_000, sweepIntervalMs: 300_000 },
      limits: {
        maxFileBytes: 104_857_600,
        maxTotalFiles: 1000,
        maxWorkspaceBytes: 524_288_000,
      },
      container: {
        image: "sandbox-secure:latest",
        memoryBytes: 268_435_456,
        cpuQuotaUs: 25_000,
        user: "sandboxuser",
        workspaceDir: "/workspace",
        networkMode: "none",
      },
      policy: { mode: "enforce" },
    });
  });

  it("reports all faults at once, relations and lists included", () => {
    const env = {
      POOL_SIZE: "2",
      MIN_POOL_SIZE: "3",
      MAX_TOTAL_FILES: "0",
      MAX_FILE_SIZE_MB: "900",
      SANDBOX_USER: "root",
      DOCKER_NETWORK_MODE: "host",
      ALLOWED_COMMANDS: "ls,$(rm)",
    };
    expect(() => parseSandboxOptions(env)).toThrow(
      expect.objectContaining({
        faults: expect.arrayContaining([
          expect.stringContaining("MIN_POOL_SIZE ≤ POOL_SIZE ≤ MAX_POOL_SIZE"),
          expect.stringContaining("MAX_TOTAL_FILES"),
          expect.stringContaining("MAX_FILE_SIZE_MB ≤ MAX_WORKSPACE_SIZE_MB"),
          expect.stringContaining("SANDBOX_USER"),
          expect.stringContaining("DOCKER_NETWORK_MODE"),
          expect.stringContaining("$(rm)"),
        ]),
      }),
    );
  });

  it.each(["root", "0", "00", "0:0", "root:root", "a b"])("refuses SANDBOX_USER=%j", (user) => {
    expect(() => parseSandboxOptions({ SANDBOX_USER: user })).toThrow("SANDBOX_USER");
  });

  it.each(["agent", "1001", "1001:1001", "rooty"])("takes SANDBOX_USER=%j", (user) => {
    expect(parseSandboxOptions({ SANDBOX_USER: user }).container.user).toBe(user);
  });
});
