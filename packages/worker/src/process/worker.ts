import type { Clock, Logger } from "@sandbox-system/contract";
import type { ClusterMember } from "@sandbox-system/cluster";
import type { SandboxService } from "@sandbox-system/sandbox";
import type { HttpListener, HttpOptions } from "@sandbox-system/service";
import { Gate } from "./gate.js";
import { openToAllWarning } from "./open-to-all.js";
import { mayEnter, type WorkerPhase } from "./worker-phase.js";

/**
 * How long the cluster waits for a successor that takes the sessions over, milliseconds: the agents wait for 45 s from the host's last ping, which is
 * 11 s old at most.
 */
const SUCCESSION_MS = 30_000;

/** Time in which every coordinator has heard that the worker leaves, milliseconds; it takes one message. */
const HEARD_MS = 250;

/** Time that answers get to reach their clients after the engine room has stopped, milliseconds. */
const FLUSH_MS = 2000;

/** What a {@link Worker} is made of. */
export interface WorkerParts {
  readonly service: SandboxService;
  readonly listener: HttpListener;
  readonly http: Pick<HttpOptions, "host" | "port" | "apiKeys" | "shutdownGraceMs">;
  /** Whether a stop leaves the sessions' sandboxes for a successor. */
  readonly keepsSessions: boolean;
  /** Its membership of a cluster; undefined: it stands alone. */
  readonly member: ClusterMember | undefined;
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The worker as a whole: starts and stops the engine room and the HTTP interface in the right order. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #stopped = new Gate();
  #phase: WorkerPhase = "starting";
  #startedMs: number;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#startedMs = parts.clock.monotonicMs();
  }

  get phase(): WorkerPhase {
    return this.#phase;
  }

  get port(): number {
    return this.#parts.listener.port;
  }

  get uptimeSeconds(): number {
    return Math.round((this.#parts.clock.monotonicMs() - this.#startedMs) / 1000);
  }

  /** Resolves once the worker has stopped, whoever asked for it; rejects when the engine room cannot start at all. */
  get finished(): Promise<void> {
    return this.#stopped.passed;
  }

  /**
   * Listens, then starts the engine room behind it; resolves when it listens. While the engine is away, the worker answers that it cannot
   * serve, and keeps trying. Rejects with `ListenError`; then nothing has been started.
   */
  async listen(): Promise<void> {
    const { listener, http } = this.#parts;
    await listener.listen(http.port, http.host);
    this.#startedMs = this.#parts.clock.monotonicMs();
    this.#announce();
    this.#parts.member?.start();
    void this.#startService();
  }

  /**
   * Drains and stops: new sessions are refused at once, running commands get `graceMs` to finish, containers are removed (those of sessions
   * are left for a successor, if that is configured), connections are closed. Resolves when all of it is done. Idempotent.
   */
  async stop(reason: string, graceMs = this.#parts.http.shutdownGraceMs): Promise<void> {
    if (!mayEnter(this.#phase, "draining")) return this.#stopped.passed;
    const { service, listener, logger, clock, keepsSessions, member } = this.#parts;
    this.#enter("draining");
    logger.info("worker.drain", { reason, graceMs, keepsSessions });
    const startedMs = clock.monotonicMs();
    try {
      member?.announce();
      // The port stays open meanwhile: who asks is told that the worker is draining.
      await service.stop({ deadlineMs: graceMs, keepSessions: keepsSessions });
      await this.#leaveCluster();
    } catch (error) {
      logger.error("worker.drain", { outcome: "error", error });
    }
    await listener.stop(FLUSH_MS);
    this.#enter("stopped");
    logger.info("worker.stop", {
      outcome: "ok",
      reason,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    });
    this.#stopped.open();
  }

  /** Coordinators are told before the port closes, so that none sends a command into a connection that ends under it. */
  async #leaveCluster(): Promise<void> {
    const { member, keepsSessions, clock } = this.#parts;
    if (member === undefined) return;
    await (keepsSessions ? member.leave(SUCCESSION_MS) : member.withdraw());
    await new Promise<void>((resolve) => clock.setTimer(HEARD_MS, resolve));
  }

  /** The worker must not go on: {@link finished} rejects, and whoever waits for it stops the worker. */
  fail(error: Error): void {
    this.#stopped.fail(error);
  }

  async #startService(): Promise<void> {
    const { service, logger } = this.#parts;
    try {
      await service.start({ waitForEngine: true });
    } catch (error) {
      if (this.#phase !== "starting") return;
      logger.error("worker.start", { outcome: "error", error });
      this.#stopped.fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (this.#phase !== "starting") return;
    this.#enter("serving");
    this.#parts.member?.announce();
    // Started does not mean serving: the engine may still be away.
    logger.info("worker.start", { outcome: "ok", serving: service.health().serving });
  }

  #announce(): void {
    const { service, http, version, logger } = this.#parts;
    const host = http.host === "0.0.0.0" || http.host === "::" ? "localhost" : http.host;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${String(this.port)}`;
    const { workerId } = service;
    logger.info("worker.listen", { url, docs: `${url}/docs`, version, workerId });
    if (this.#parts.member !== undefined) return;
    const warning = openToAllWarning(http, this.port);
    if (warning !== undefined) logger.warn("auth.disabled", { warning });
    for (const { tenant } of http.apiKeys.filter(({ weak }) => weak))
      logger.warn("auth.weak-key", { tenant, warning: "This key is shorter than 16 characters." });
  }

  #enter(phase: WorkerPhase): void {
    if (!mayEnter(this.#phase, phase))
      throw new Error(`A worker cannot go from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }
}
