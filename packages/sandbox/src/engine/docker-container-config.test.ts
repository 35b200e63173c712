import { describe, expect, it } from "@jest/globals";
import { testSpec } from "../testing/describe-container-engine.js";
import { dockerContainerConfig } from "./docker-container-config.js";

describe("dockerContainerConfig", () => {
  const config = dockerContainerConfig(testSpec({ "sandbox.id": "x" }));

  it("is hardened in every point of docs/SECURITY.md", () => {
    expect(config).toMatchObject({ User: "sandboxuser", NetworkDisabled: true, Tty: false });
    expect(config.HostConfig).toMatchObject({
      NetworkMode: "none",
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      Privileged: false,
      IpcMode: "private",
      PidsLimit: 64,
      LogConfig: { Type: "none" },
      AutoRemove: true,
    });
  });

  it("adds no swap to the memory", () => {
    expect(config.HostConfig.MemorySwap).toBe(config.HostConfig.Memory);
  });

  it("mounts nothing of the host but the agent's socket, read-only", () => {
    expect(config.HostConfig.Mounts).toEqual([
      { Type: "volume", Source: "", Target: "/workspace", ReadOnly: false },
    ]);
    const spec = { ...testSpec({}), socketMount: { hostDir: "/h", containerDir: "/run/execd" } };
    expect(dockerContainerConfig(spec).HostConfig.Mounts[1]).toEqual({
      Type: "bind",
      Source: "/h",
      Target: "/run/execd",
      ReadOnly: true,
    });
  });

  it("CPU_QUOTA=0 lifts the limit", () => {
    expect(config.HostConfig).not.toHaveProperty("CpuQuota");
    const limited = dockerContainerConfig({ ...testSpec({}), cpuQuotaUs: 25_000 });
    expect(limited.HostConfig).toMatchObject({ CpuQuota: 25_000, CpuPeriod: 100_000 });
  });

  it("sizes every memory-backed directory", () => {
    expect(config.HostConfig.Tmpfs["/tmp"]).toContain("size=1048576");
    expect(config.HostConfig.ShmSize).toBe(1_048_576);
  });
});
