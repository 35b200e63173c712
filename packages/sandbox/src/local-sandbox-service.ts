import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import {
  type Clock,
  commandRejected,
  type ExecResult,
  type FileEntry,
  type FileListing,
  type Logger,
  type SandboxError,
  sandboxError,
  type SessionInfo,
  type SessionPage,
  type Timer,
  type UploadResult,
  type ByteRange,
  type ExecHooks,
  type ExecRequest,
  type FileDownload,
  type SessionQuery,
  type SessionRequest,
  type Tenant,
} from "@sandbox-system/contract";
import {
  type CommandPolicy,
  createCommandPolicy,
  isDangerousVariable,
  type PolicySettings,
} from "@sandbox-system/policy";
import type { ContainerEngine, EngineFacts } from "./engine/container-engine.js";
import { EngineMonitor } from "./engine/engine-monitor.js";
import { engineWarnings } from "./engine/engine-warnings.js";
import { execute } from "./exec/execute.js";
import { WorkspaceFiles } from "./files/workspace-files.js";
import { reap } from "./ownership/reap.js";
import { clearRunDir, workerPaths } from "./ownership/run-dir.js";
import { lockWorkerId, type WorkerLock } from "./ownership/worker-lock.js";
import type { WarmPool } from "./pool/warm-pool.js";
import type { SandboxFactory } from "./sandbox/sandbox-factory.js";
import type { SandboxHealth, SandboxService } from "./sandbox-service.js";
import { listSessions } from "./session/list-sessions.js";
import { type Session, sessionInfo } from "./session/session.js";
import type { SessionManager } from "./session/session-manager.js";
import type { SandboxOptions } from "./settings/sandbox-options.js";

/** The parts that the composition root hands over. */
export interface LocalSandboxServiceParts {
  readonly options: SandboxOptions;
  readonly engine: ContainerEngine;
  readonly factory: SandboxFactory;
  readonly pool: WarmPool;
  readonly sessions: SessionManager;
  readonly runDir: string;
  readonly registrationId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Default time that running commands are given when the service stops, milliseconds. */
const DEFAULT_STOP_DEADLINE_MS = 30_000;

/** {@link SandboxService} over the container engine of this machine. */
export class LocalSandboxService implements SandboxService {
  readonly workerId: string;
  readonly policy: PolicySettings;
  readonly #policy: CommandPolicy;
  readonly #files: WorkspaceFiles;
  readonly #monitor: EngineMonitor;
  #warnings: readonly string[] = [];
  #lock: WorkerLock | undefined;
  #sweepTimer: Timer | undefined;
  #stop: Promise<void> | undefined;

  constructor(private readonly parts: LocalSandboxServiceParts) {
    const { options, engine, clock, logger } = parts;
    this.workerId = options.workerId;
    this.policy = options.policy;
    this.#policy = createCommandPolicy(options.policy);
    this.#files = new WorkspaceFiles(options.container.workspaceDir, options.limits);
    this.#monitor = new EngineMonitor({
      engine,
      clock,
      logger,
      onConnected: (facts) => this.#engineConnected(facts),
    });
  }

  async start({ waitForEngine = false }: { waitForEngine?: boolean } = {}): Promise<void> {
    const { runDir, pool } = this.parts;
    const paths = workerPaths(runDir, this.workerId);
    this.#lock = await lockWorkerId(paths.lock, this.workerId);
    await rm(paths.sockets, { recursive: true, force: true });
    await clearRunDir(runDir);
    try {
      await this.#monitor.start();
    } catch (error) {
      if (!waitForEngine) {
        await this.stop({ deadlineMs: 0 });
        throw engineUnavailable(error);
      }
    }
    pool.start();
    this.#scheduleSweep();
  }

  drain(): void {
    this.parts.sessions.drain();
  }

  stop({ deadlineMs = DEFAULT_STOP_DEADLINE_MS }: { deadlineMs?: number } = {}): Promise<void> {
    this.#stop ??= this.#stopOnce(deadlineMs);
    return this.#stop;
  }

  async getOrCreateSession(tenant: Tenant, request: SessionRequest): Promise<SessionInfo> {
    this.#judgeEnvironment(request.env);
    const { session, created } = await this.parts.sessions.getOrCreate(tenant, request);
    return this.#info(session, created ? "created" : "existing");
  }

  getSession(tenant: Tenant, sessionId: string): Promise<SessionInfo> {
    return attempt(() => this.#info(this.parts.sessions.get(tenant, sessionId), "active"));
  }

  findSession(tenant: Tenant, threadId: string): Promise<SessionInfo | undefined> {
    const session = this.parts.sessions.ofThread(tenant, threadId);
    return Promise.resolve(session === undefined ? undefined : this.#info(session, "active"));
  }

  listSessions(tenant: Tenant, query: SessionQuery): Promise<SessionPage> {
    return attempt(() => {
      const { sessions, nextCursor } = listSessions(this.parts.sessions.table.all(), tenant, query);
      return { sessions: sessions.map((session) => this.#info(session, "active")), nextCursor };
    });
  }

  endSession(tenant: Tenant, sessionId: string): Promise<void> {
    return this.parts.sessions.close(tenant, sessionId);
  }

  async execute(
    tenant: Tenant,
    sessionId: string,
    request: ExecRequest,
    hooks: ExecHooks = {},
  ): Promise<ExecResult> {
    const { sessions, options, clock, logger } = this.parts;
    this.#judge(request.command);
    this.#judgeEnvironment(request.env);
    return await sessions.use(tenant, sessionId, async (session) => {
      const result = await execute(session, request, hooks, { limits: options.limits, clock });
      logger.debug("sandbox.exec", {
        sessionId,
        sandboxId: session.facts.sandbox.id,
        exitCode: result.exitCode,
        durationMs: result.executionTimeMs,
      });
      return result;
    });
  }

  listFiles(tenant: Tenant, sessionId: string): Promise<FileListing> {
    return this.#use(tenant, sessionId, (session) => this.#files.list(session));
  }

  statFile(tenant: Tenant, sessionId: string, path: string): Promise<FileEntry> {
    return this.#use(tenant, sessionId, (session) => this.#files.stat(session, path));
  }

  readFile(
    tenant: Tenant,
    sessionId: string,
    path: string,
    range?: ByteRange,
  ): Promise<FileDownload> {
    return this.#use(tenant, sessionId, (session) => this.#files.read(session, path, range));
  }

  writeFile(
    tenant: Tenant,
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    options: { sizeBytes?: number | undefined } = {},
  ): Promise<UploadResult> {
    return this.#use(tenant, sessionId, (session) =>
      this.#files.write(session, path, content, options.sizeBytes),
    );
  }

  removeFile(tenant: Tenant, sessionId: string, path: string): Promise<void> {
    return this.#use(tenant, sessionId, (session) => this.#files.remove(session, path));
  }

  health(): SandboxHealth {
    const { pool, sessions } = this.parts;
    const warnings = [...this.#warnings];
    if (this.#monitor.fault !== undefined) warnings.push(this.#monitor.fault);
    const failure = pool.lastFailure;
    if (failure instanceof Error && this.#monitor.connected)
      warnings.push(`No sandbox could be made: ${failure.message}`);
    return {
      serving: this.#monitor.connected && !sessions.draining && failure === undefined,
      draining: sessions.draining,
      engineConnected: this.#monitor.connected,
      pool: pool.counts(),
      activeSessions: sessions.table.size,
      warnings,
    };
  }

  async #use<T>(
    tenant: Tenant,
    sessionId: string,
    operation: (session: Session) => Promise<T>,
  ): Promise<T> {
    return await this.parts.sessions.use(tenant, sessionId, operation);
  }

  #judge(command: string): void {
    const decision = this.#policy.check(command);
    if (!decision.allowed) throw commandRejected(decision);
  }

  /** Variables that make allowed commands run others would carry forbidden ones past the policy. */
  #judgeEnvironment(env: Readonly<Record<string, string>> = {}): void {
    if (this.policy.mode === "off") return;
    const name = Object.keys(env).find(isDangerousVariable);
    if (name === undefined) return;
    const reason = `The variable ${name} must not be set: it changes what the shell runs.`;
    throw commandRejected({ reason, command: name, rule: "assignment-not-allowed" });
  }

  #info(session: Session, status: SessionInfo["status"]): SessionInfo {
    const { workspaceDir, user } = this.parts.options.container;
    return sessionInfo(session, { workerId: this.workerId, workspaceDir, user }, status);
  }

  async #engineConnected(facts: EngineFacts): Promise<void> {
    const { options, logger, pool } = this.parts;
    const warnings = engineWarnings(facts, options.container.runtime);
    for (const warning of warnings) {
      if (!this.#warnings.includes(warning)) logger.warn("engine.limited", { warning });
    }
    this.#warnings = warnings;
    await this.#reap();
    pool.engineIsBack();
  }

  async #reap(): Promise<void> {
    const { engine, logger, registrationId, factory } = this.parts;
    await reap({
      engine,
      logger,
      workerId: this.workerId,
      registrationId,
      isOwned: (sandboxId) => factory.owns(sandboxId),
    });
  }

  #scheduleSweep(): void {
    const { clock, options } = this.parts;
    this.#sweepTimer = clock.setTimer(options.sessions.sweepIntervalMs, () => {
      void this.#sweep().finally(() => {
        if (this.#stop === undefined) this.#scheduleSweep();
      });
    });
  }

  async #sweep(): Promise<void> {
    const { sessions, pool, logger } = this.parts;
    const expired = await sessions.sweep();
    pool.trim();
    if (expired > 0) logger.info("session.sweep", { expired });
    // An engine that is away is the monitor's business; the next sweep reaps.
    await this.#reap().catch(() => undefined);
  }

  async #stopOnce(deadlineMs: number): Promise<void> {
    const { sessions, pool, runDir } = this.parts;
    this.#sweepTimer?.cancel();
    pool.close();
    await sessions.quiesce(deadlineMs);
    await sessions.closeAll();
    await pool.stop();
    this.#monitor.stop();
    if (this.#lock === undefined) return;
    await rm(workerPaths(runDir, this.workerId).sockets, { recursive: true, force: true });
    await this.#lock.release();
  }
}

/** Failures of a synchronous lookup as rejections. */
async function attempt<T>(lookup: () => T): Promise<T> {
  return await Promise.resolve().then(lookup);
}

function engineUnavailable(error: unknown): SandboxError {
  const why = error instanceof Error ? error.message : String(error);
  return sandboxError("ENGINE_UNAVAILABLE", `${why}. Is Docker running?`, {
    retryAfterSeconds: 5,
    cause: error,
  });
}
