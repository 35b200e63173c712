import type { Readable } from "node:stream";
import {
  type Clock,
  commandRejected,
  type ExecResult,
  type FileEntry,
  type FileListing,
  type Logger,
  type SessionInfo,
  type SessionPage,
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
import { execute } from "./exec/execute.js";
import { WorkspaceFiles } from "./files/workspace-files.js";
import type { WarmPool } from "./pool/warm-pool.js";
import type {
  EngineMachine,
  SandboxHealth,
  SandboxService,
  StopOptions,
} from "./sandbox-service.js";
import type { ServiceLife } from "./service-life.js";
import type {
  AssignedSessions,
  RetireReason,
  SessionAssignment,
} from "./session/assigned-sessions.js";
import { listSessions } from "./session/list-sessions.js";
import { type Session, sessionInfo } from "./session/session.js";
import type { SessionSnapshot } from "./session/session-ledger.js";
import type { ObtainedSession, SessionManager } from "./session/session-manager.js";
import type { SandboxOptions } from "./settings/sandbox-options.js";

/** The parts that the composition root hands over. */
export interface LocalSandboxServiceParts {
  readonly options: SandboxOptions;
  readonly registrationId: string;
  readonly life: ServiceLife;
  readonly pool: WarmPool;
  readonly sessions: SessionManager;
  readonly assigned: AssignedSessions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** {@link SandboxService} over the container engine of this machine. */
export class LocalSandboxService implements SandboxService {
  readonly workerId: string;
  readonly registrationId: string;
  readonly policy: PolicySettings;
  readonly #policy: CommandPolicy;
  readonly #files: WorkspaceFiles;

  constructor(private readonly parts: LocalSandboxServiceParts) {
    const { options } = parts;
    this.workerId = options.workerId;
    this.registrationId = parts.registrationId;
    this.policy = options.policy;
    this.#policy = createCommandPolicy(options.policy);
    this.#files = new WorkspaceFiles(options.limits);
  }

  start(options: { waitForEngine?: boolean } = {}): Promise<void> {
    return this.parts.life.start(options);
  }

  drain(): void {
    this.parts.sessions.drain();
  }

  stop(options: StopOptions = {}): Promise<void> {
    return this.parts.life.stop(options);
  }

  async getOrCreateSession(tenant: Tenant, request: SessionRequest): Promise<SessionInfo> {
    this.#judgeEnvironment(request.env);
    const sessions = await this.#sessions();
    return this.#obtained(await sessions.getOrCreate(tenant, request));
  }

  async openSession(
    tenant: Tenant,
    request: SessionRequest,
    place: SessionAssignment,
  ): Promise<SessionInfo> {
    this.#judgeEnvironment(request.env);
    await this.parts.life.ready();
    return this.#obtained(await this.parts.assigned.open(tenant, request, place));
  }

  async retireSession(
    sessionId: string,
    generation: number,
    reason: RetireReason,
  ): Promise<boolean> {
    await this.parts.life.ready();
    return await this.parts.assigned.retire(sessionId, generation, reason);
  }

  ownedSessions(): readonly SessionSnapshot[] {
    return [...this.parts.sessions.table.all()].map((session) => session.snapshot());
  }

  async getSession(tenant: Tenant, sessionId: string): Promise<SessionInfo> {
    const sessions = await this.#sessions();
    return this.#info(sessions.get(tenant, sessionId), "active");
  }

  async findSession(tenant: Tenant, threadId: string): Promise<SessionInfo | undefined> {
    const session = (await this.#sessions()).ofThread(tenant, threadId);
    return session === undefined ? undefined : this.#info(session, "active");
  }

  async listSessions(tenant: Tenant, query: SessionQuery): Promise<SessionPage> {
    const { table } = await this.#sessions();
    const { sessions, nextCursor } = listSessions(table.all(), tenant, query);
    return { sessions: sessions.map((session) => this.#info(session, "active")), nextCursor };
  }

  async endSession(tenant: Tenant, sessionId: string): Promise<void> {
    await (await this.#sessions()).close(tenant, sessionId);
  }

  async execute(
    tenant: Tenant,
    sessionId: string,
    request: ExecRequest,
    hooks: ExecHooks = {},
  ): Promise<ExecResult> {
    const { options, clock, logger } = this.parts;
    this.#judge(request.command);
    this.#judgeEnvironment(request.env);
    return await this.#use(tenant, sessionId, async (session) => {
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

  setPoolTarget(target: number): void {
    this.parts.pool.setTarget(target);
  }

  engine(): EngineMachine | undefined {
    const facts = this.parts.life.engineFacts;
    if (facts === undefined) return undefined;
    const { id, memoryBytes, cpus } = facts;
    return { id, memoryBytes, cpus };
  }

  health(): SandboxHealth {
    const { life, pool, sessions } = this.parts;
    const warnings = life.warnings();
    const failure = pool.lastFailure;
    if (failure instanceof Error && life.engineConnected)
      warnings.push(`No sandbox could be made: ${failure.message}`);
    const able = life.isReady && life.engineConnected;
    return {
      serving: able && !sessions.draining && failure === undefined,
      draining: sessions.draining,
      engineConnected: life.engineConnected,
      pool: pool.counts(),
      activeSessions: sessions.table.size,
      warnings,
      ...pool.demand(),
    };
  }

  /** The sessions, once it is known which there are. */
  async #sessions(): Promise<SessionManager> {
    await this.parts.life.ready();
    return this.parts.sessions;
  }

  async #use<T>(
    tenant: Tenant,
    sessionId: string,
    operation: (session: Session) => Promise<T>,
  ): Promise<T> {
    const sessions = await this.#sessions();
    return await sessions.use(tenant, sessionId, operation);
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

  #obtained({ session, created }: ObtainedSession): SessionInfo {
    return this.#info(session, created ? "created" : "existing");
  }

  #info(session: Session, status: SessionInfo["status"]): SessionInfo {
    return sessionInfo(session, this.workerId, status);
  }
}
