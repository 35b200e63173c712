import { sandboxError, type SessionInfo, type SessionRequest } from "@sandbox-system/contract";
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from "@sandbox-system/policy";
import type {
  SandboxHealth,
  SandboxService,
  SessionAssignment,
  SessionSnapshot,
} from "@sandbox-system/sandbox";
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
  /** Whether each {@link stop} was to keep the sessions. */
  readonly kept: boolean[] = [];
  readonly registrationId = "reg_fake";
  /** What this engine room was asked to do by its cluster. */
  readonly assigned: SessionAssignment[] = [];
  readonly retired: { sessionId: string; generation: number; reason: string }[] = [];
  readonly poolTargets: number[] = [];
  owned: SessionSnapshot[] = [];
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

  async stop(options: { deadlineMs?: number; keepSessions?: boolean } = {}): Promise<void> {
    this.stops.push(options.deadlineMs);
    this.kept.push(options.keepSessions ?? false);
    this.drain();
    await this.stopping;
  }

  openSession(
    tenant: string,
    request: SessionRequest,
    assignment: SessionAssignment,
  ): Promise<SessionInfo> {
    this.assigned.push(assignment);
    return this.getOrCreateSession(tenant, request);
  }

  ownedSessions(): readonly SessionSnapshot[] {
    return this.owned;
  }

  retireSession(sessionId: string, generation: number, reason: string): Promise<boolean> {
    this.retired.push({ sessionId, generation, reason });
    return Promise.resolve(true);
  }

  setPoolTarget(target: number): void {
    this.poolTargets.push(target);
  }

  engine(): { id: string; memoryBytes: number; cpus: number } | undefined {
    return this.engineConnected ? { id: "engine", memoryBytes: 1024 ** 3, cpus: 2 } : undefined;
  }

  health(): SandboxHealth {
    const allocated = this.sessionCount;
    return {
      serving: this.#started && this.engineConnected && this.refuseSessions === undefined,
      draining: this.refuseSessions === "DRAINING",
      engineConnected: this.engineConnected,
      pool: { available: 2, allocated, total: allocated + 2, max_capacity: 10 },
      activeSessions: allocated,
      claims: allocated,
      createMs: undefined,
      poolTarget: 2,
      poolMin: 0,
      warnings: this.engineConnected ? [] : ["The container engine does not answer."],
    };
  }
}
