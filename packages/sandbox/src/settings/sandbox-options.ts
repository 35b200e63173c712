import type { PolicySettings } from "@sandbox-system/policy";

/** Sizes of the warm pool; `minSize ≤ size ≤ maxSize`. */
export interface PoolOptions {
  /** Warm sandboxes to keep ready. */
  readonly size: number;
  /** Warm sandboxes that are kept even when the target falls below. */
  readonly minSize: number;
  /** Sandboxes at most, warm and in use together. */
  readonly maxSize: number;
  readonly aggressiveCleanup: boolean;
  /** How long a surplus warm sandbox may idle when cleanup is not aggressive, milliseconds. */
  readonly idleTimeoutMs: number;
}

/** What a sandbox is made of and may use. */
export interface ContainerOptions {
  readonly image: string;
  readonly user: string;
  readonly workspaceDir: string;
  readonly networkMode: string;
  /** OCI runtime; undefined: the engine's default. */
  readonly runtime: string | undefined;
  readonly memoryBytes: number;
  /** Microseconds of CPU time in every 100,000; 0: no limit. */
  readonly cpuQuotaUs: number;
  readonly pidsLimit: number;
}

/** What a session may store. */
export interface LimitOptions {
  readonly maxFileBytes: number;
  readonly maxTotalFiles: number;
  readonly maxWorkspaceBytes: number;
}

/** Everything that the engine room can be told; all of it compiled, durations in milliseconds, sizes in bytes. */
export interface SandboxOptions {
  readonly workerId: string;
  readonly pool: PoolOptions;
  readonly container: ContainerOptions;
  readonly limits: LimitOptions;
  readonly sessions: {
    /** Idle time after which a session expires unless it asked for its own. */
    readonly timeoutMs: number;
    readonly sweepIntervalMs: number;
  };
  readonly transport: "auto" | "unix" | "attach";
  /** Absolute path; the agents' sockets are made below it. undefined: the default for this user. */
  readonly runDir: string | undefined;
  /** Where the Docker engine is; undefined: the local socket. */
  readonly dockerHost: string | undefined;
  readonly policy: PolicySettings;
}
