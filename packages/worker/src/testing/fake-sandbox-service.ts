import { sandboxError } from "@sandbox-system/contract";
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from "@sandbox-system/policy";
import type { SandboxHealth, SandboxService } from "@sandbox-system/sandbox";
import { FakeSandboxApi } from "@sandbox-system/service/testing";

/** A whole engine room in memory: what {@link FakeSandboxApi} does, plus a life of its own. */
export class FakeSandboxService extends FakeSandboxApi implements SandboxService {
  readonly policy: PolicySettings = DEFAULT_POLICY_SETTINGS;
  /** Whether the engine answers; a test may take it away. */
  engineConnected = true;
  /** What {@link start} waits for, and how it ends. */
  starting: Promise<void> = Promise.resolve();
  /** What {@link stop} waits for: the running commands. */
  stopping: Promise<void> = Promise.resolve();
  /** Deadlines that {@link stop} was called with. */
  readonly stops: (number | undefined)[] = [];
  #started = false;

  async start(options: { waitForEngine?: boolean } = {}): Promise<void> {
    if (!this.engineConnected && options.waitForEngine !== true)
      throw sandboxError("ENGINE_UNAVAILABLE", "The engine is away.");
    await this.starting;
    this.#started = true;
  }

  drain(): void {
    this.refuseSessions = "DRAINING";
  }

  async stop(options: { deadlineMs?: number } = {}): Promise<void> {
    this.stops.push(options.deadlineMs);
    this.drain();
    await this.stopping;
  }

  health(): SandboxHealth {
    const allocated = this.sessionCount;
    return {
      serving: this.#started && this.engineConnected && this.refuseSessions === undefined,
      draining: this.refuseSessions === "DRAINING",
      engineConnected: this.engineConnected,
      pool: { available: 2, allocated, total: allocated + 2, max_capacity: 10 },
      activeSessions: allocated,
      warnings: this.engineConnected ? [] : ["The container engine does not answer."],
    };
  }
}
