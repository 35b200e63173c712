import type { PoolHealthBody, SandboxApi } from "@sandbox-system/contract";
import type { PolicySettings } from "@sandbox-system/policy";

/** State of the machine's engine room. */
export interface SandboxHealth {
  /** Whether new sessions can be served now. */
  readonly serving: boolean;
  /** Whether it refuses new sessions because it is about to stop. */
  readonly draining: boolean;
  /** Whether the container engine answers. */
  readonly engineConnected: boolean;
  readonly pool: PoolHealthBody;
  readonly activeSessions: number;
  /** What is amiss or missing on this engine, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Everything that one machine does for its sessions, and its life. The worker serves it over HTTP, the SDK calls it directly in local
 * mode, so both answer alike.
 */
export interface SandboxService extends SandboxApi {
  readonly workerId: string;
  readonly policy: PolicySettings;

  /**
   * Starts: finds the engine, removes what a dead predecessor left, fills the warm pool. Resolves as soon as sessions can be
   * asked for; the pool fills behind it. Rejects with `ENGINE_UNAVAILABLE` when the engine is away and `waitForEngine` is false.
   */
  start(options?: { waitForEngine?: boolean }): Promise<void>;

  /** Refuses new sessions (`DRAINING`) from now on; existing ones go on. There is no way back but a restart. */
  drain(): void;

  /**
   * Refuses new sessions and commands (`DRAINING`), lets running commands finish for at most `deadlineMs`, then removes every container.
   * Idempotent.
   */
  stop(options?: { deadlineMs?: number }): Promise<void>;

  health(): SandboxHealth;
}
