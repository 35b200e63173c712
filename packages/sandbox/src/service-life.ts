import { rm } from "node:fs/promises";
import {
  type Clock,
  type Logger,
  type SandboxError,
  sandboxError,
  type Timer,
} from "@sandbox-system/contract";
import { adoptSessions } from "./adoption/adopt-sessions.js";
import type { KeptSessions } from "./adoption/kept-sessions.js";
import type { SandboxAdopter } from "./adoption/sandbox-adopter.js";
import { type SortedKeptSessions, sortKeptSessions } from "./adoption/sort-kept-sessions.js";
import type { ContainerEngine, EngineFacts } from "./engine/container-engine.js";
import { EngineMonitor } from "./engine/engine-monitor.js";
import { engineWarnings } from "./engine/engine-warnings.js";
import { reap } from "./ownership/reap.js";
import { clearRunDir, clearSockets, type WorkerPaths, workerPaths } from "./ownership/run-dir.js";
import { lockWorkerId, type WorkerLock } from "./ownership/worker-lock.js";
import type { WarmPool } from "./pool/warm-pool.js";
import { ReadyGate } from "./ready-gate.js";
import type { StopOptions } from "./sandbox-service.js";
import type { SessionLifecycle } from "./session/session-lifecycle.js";
import type { SessionManager } from "./session/session-manager.js";
import type { SandboxOptions } from "./settings/sandbox-options.js";

/** What starts and stops together. */
export interface ServiceLifeParts {
  readonly options: SandboxOptions;
  readonly engine: ContainerEngine;
  readonly pool: WarmPool;
  readonly lifecycle: SessionLifecycle;
  readonly sessions: SessionManager;
  readonly adopter: SandboxAdopter;
  /** undefined: sessions end with their process, and nothing is taken over. */
  readonly kept: KeptSessions | undefined;
  /** Ids of the sandboxes that have an owner here. */
  readonly owned: Set<string>;
  readonly runDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Default time that running commands are given when the service stops, milliseconds. */
const DEFAULT_STOP_DEADLINE_MS = 30_000;

/**
 * The engine room's start, sweeps and stop. It starts: take the worker's name, take over what the predecessor kept, find the engine, reap the
 * rest, fill the pool. Callers wait at the gate until it is known which sessions there are.
 */
export class ServiceLife {
  readonly #gate: ReadyGate;
  readonly #monitor: EngineMonitor;
  readonly #paths: WorkerPaths;
  #facts: EngineFacts | undefined;
  #warnings: readonly string[] = [];
  #lock: WorkerLock | undefined;
  #takeover: Promise<void> | undefined;
  #sweepTimer: Timer | undefined;
  #stop: Promise<void> | undefined;

  constructor(private readonly parts: ServiceLifeParts) {
    const { engine, clock, logger, runDir, options } = parts;
    this.#paths = workerPaths(runDir, options.workerId);
    this.#gate = new ReadyGate({ open: parts.kept === undefined });
    this.#monitor = new EngineMonitor({
      engine,
      clock,
      logger,
      onConnected: (facts) => this.#engineConnected(facts),
    });
  }

  /** Resolves when sessions can be asked for. @throws SandboxError `DRAINING` when that will not be. */
  async ready(): Promise<void> {
    await this.#gate.passed();
  }

  get isReady(): boolean {
    return this.#gate.isOpen;
  }

  get engineConnected(): boolean {
    return this.#monitor.connected;
  }

  /** What the engine said last; undefined: it was never reached. */
  get engineFacts(): EngineFacts | undefined {
    return this.#facts;
  }

  /** What is amiss or missing on this engine, a sentence each. */
  warnings(): string[] {
    const { fault } = this.#monitor;
    return fault === undefined ? [...this.#warnings] : [...this.#warnings, fault];
  }

  /** As `SandboxService.start`. */
  async start({ waitForEngine = false }: { waitForEngine?: boolean } = {}): Promise<void> {
    try {
      await this.#start(waitForEngine);
    } catch (error) {
      await this.stop({ deadlineMs: 0, keepSessions: true });
      throw error;
    }
  }

  /** As `SandboxService.stop`. */
  stop({ deadlineMs = DEFAULT_STOP_DEADLINE_MS, keepSessions = false }: StopOptions = {}) {
    const keep = keepSessions && this.parts.kept !== undefined;
    this.#stop ??= this.#stopOnce(deadlineMs, keep);
    return this.#stop;
  }

  async #start(waitForEngine: boolean): Promise<void> {
    const { pool, clock, lifecycle, adopter, logger } = this.parts;
    const inheriting = this.#inherit();
    this.#takeover = inheriting.then((inherited) =>
      adoptSessions(inherited, { adopter, lifecycle, clock, logger }),
    );
    // Whether there is anything to take over is asked below; a stop meanwhile looks at it too.
    this.#takeover.catch(() => undefined);
    await inheriting;
    if (this.#stopped()) return;
    // Beside the takeover: agents come back without the engine's help.
    await this.#monitor.start().catch((error: unknown) => {
      if (!waitForEngine) throw engineUnavailable(error);
    });
    await this.#takeover;
    if (this.#stopped()) return;
    pool.start();
    this.#gate.open();
    this.#scheduleSweep();
  }

  #stopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Takes the worker's name and what its predecessor kept, owned by this process from now on; the sockets of everything else go. */
  async #inherit(): Promise<SortedKeptSessions> {
    const { kept, owned, runDir, options, clock } = this.parts;
    this.#lock = await lockWorkerId(this.#paths.lock, options.workerId);
    if (kept === undefined) await rm(this.#paths.state, { recursive: true, force: true });
    const inherited = sortKeptSessions((await kept?.load()) ?? []);
    await kept?.refresh();
    for (const { sandbox } of inherited.current) owned.add(sandbox.id);
    await clearSockets(this.#paths.sockets, owned);
    await clearRunDir(runDir, clock.now());
    return inherited;
  }

  async #engineConnected(facts: EngineFacts): Promise<void> {
    const { options, logger, pool } = this.parts;
    this.#facts = facts;
    const warnings = engineWarnings(facts, options.container.runtime);
    for (const warning of warnings) {
      if (!this.#warnings.includes(warning)) logger.warn("engine.limited", { warning });
    }
    this.#warnings = warnings;
    await this.#reap();
    pool.engineIsBack();
  }

  async #reap(): Promise<void> {
    const { engine, logger, owned, options } = this.parts;
    const isOwned = (sandboxId: string): boolean => owned.has(sandboxId);
    await reap({ engine, logger, workerId: options.workerId, isOwned });
  }

  #scheduleSweep(): void {
    const { clock, options } = this.parts;
    this.#sweepTimer = clock.setTimer(options.sessions.sweepIntervalMs, () => {
      void this.#sweep().finally(() => {
        if (!this.#stopped()) this.#scheduleSweep();
      });
    });
  }

  async #sweep(): Promise<void> {
    const { sessions, pool, kept, logger } = this.parts;
    const expired = await sessions.sweep();
    pool.trim();
    await kept?.refresh();
    if (expired > 0) logger.info("session.sweep", { expired });
    // An engine that is away is the monitor's business; the next sweep reaps.
    await this.#reap().catch(() => undefined);
  }

  async #stopOnce(deadlineMs: number, keepSessions: boolean): Promise<void> {
    const { sessions, pool, adopter } = this.parts;
    this.#sweepTimer?.cancel();
    sessions.drain();
    pool.close();
    this.#gate.close();
    // A takeover lasts seconds at most; what comes back meanwhile is closed or handed over like the others.
    await Promise.allSettled([sessions.quiesce(deadlineMs), this.#takeover]);
    if (keepSessions) sessions.handOverAll();
    else await sessions.closeAll();
    await Promise.all([pool.stop(), adopter.removed()]);
    this.#monitor.stop();
    if (this.#lock === undefined) return;
    if (!keepSessions) {
      await rm(this.#paths.sockets, { recursive: true, force: true });
      await rm(this.#paths.state, { recursive: true, force: true });
    }
    await this.#lock.release();
  }
}

function engineUnavailable(error: unknown): SandboxError {
  const why = error instanceof Error ? error.message : String(error);
  return sandboxError("ENGINE_UNAVAILABLE", `${why}. Is Docker running?`, {
    retryAfterSeconds: 5,
    cause: error,
  });
}
