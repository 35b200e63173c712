import type { ContainerSpec } from "./container-engine.js";

/** The period that CPU_QUOTA refers to, microseconds: Docker's default. */
const CPU_PERIOD_US = 100_000;

/**
 * The body of Docker's "create container" for a sandbox: the whole hardening in one place.
 */
export function dockerContainerConfig(spec: ContainerSpec) {
  return {
    name: spec.name,
    Image: spec.image,
    Entrypoint: [...spec.entrypoint],
    Cmd: [],
    User: spec.user,
    Env: [...spec.env],
    Labels: { ...spec.labels },
    Hostname: spec.hostname,
    WorkingDir: spec.workspaceDir,
    // Attach speaks over these; after a lost attachment stdin stays open for the next one.
    OpenStdin: true,
    StdinOnce: false,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    NetworkDisabled: spec.networkMode === "none",
    HostConfig: {
      NetworkMode: spec.networkMode,
      ...(spec.runtime === undefined ? {} : { Runtime: spec.runtime }),
      // The agent ends itself when nobody owns it; then container and volume go without anybody's help.
      AutoRemove: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      Privileged: false,
      IpcMode: "private",
      // stdout carries frames in attach mode: logged, they would fill the host's disk.
      LogConfig: { Type: "none", Config: {} },
      Memory: spec.memoryBytes,
      // Memory and swap together: no swap beyond memory.
      MemorySwap: spec.memoryBytes,
      ...(spec.cpuQuotaUs === 0 ? {} : { CpuPeriod: CPU_PERIOD_US, CpuQuota: spec.cpuQuotaUs }),
      PidsLimit: spec.pidsLimit,
      Ulimits: [
        { Name: "nofile", Soft: spec.openFilesLimit, Hard: spec.openFilesLimit },
        { Name: "fsize", Soft: spec.fileBytesLimit, Hard: spec.fileBytesLimit },
        { Name: "core", Soft: 0, Hard: 0 },
      ],
      ShmSize: spec.shmBytes,
      Tmpfs: Object.fromEntries(
        Object.entries(spec.tmpfs).map(([path, bytes]) => [
          path,
          `rw,nosuid,nodev,noexec,size=${String(bytes)},mode=1777`,
        ]),
      ),
      Mounts: [
        // A volume without a name is removed with its container.
        { Type: "volume" as const, Source: "", Target: spec.workspaceDir, ReadOnly: false },
        ...(spec.socketMount === undefined
          ? []
          : [
              {
                Type: "bind" as const,
                Source: spec.socketMount.hostDir,
                Target: spec.socketMount.containerDir,
                ReadOnly: true,
              },
            ]),
      ],
    },
  };
}
