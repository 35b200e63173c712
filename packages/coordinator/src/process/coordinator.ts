import type { Clock, Logger } from "@sandbox-system/contract";
import type { HttpListener, HttpOptions } from "@sandbox-system/service";
import type { RunningRequests } from "../http/running-requests.js";
import { type CoordinatorPhase, mayEnter } from "./coordinator-phase.js";
import { Gate } from "./gate.js";
import { openToAllWarning } from "./open-to-all.js";

/** Time that the last answers get to reach their clients, milliseconds. */
const FLUSH_MS = 2000;

/** Something that runs beside the HTTP interface. */
interface Companion {
  start(): void;
  /** Never rejects. */
  stop(): Promise<void>;
}

/** What a {@link Coordinator} is made of. */
export interface CoordinatorParts {
  readonly coordinatorId: string;
  readonly listener: HttpListener;
  readonly requests: RunningRequests;
  /** Started in this order, stopped in the other. */
  readonly companions: readonly Companion[];
  readonly http: Pick<HttpOptions, "host" | "port" | "apiKeys" | "shutdownGraceMs">;
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The coordinator as a whole: starts and stops its parts in the right order. */
export class Coordinator {
  readonly #parts: CoordinatorParts;
  readonly #stopped = new Gate();
  #phase: CoordinatorPhase = "starting";
  #startedMs: number;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#startedMs = parts.clock.monotonicMs();
  }

  get phase(): CoordinatorPhase {
    return this.#phase;
  }

  get port(): number {
    return this.#parts.listener.port;
  }

  get uptimeSeconds(): number {
    return Math.round((this.#parts.clock.monotonicMs() - this.#startedMs) / 1000);
  }

  /** Resolves once the coordinator has stopped, whoever asked for it. */
  get finished(): Promise<void> {
    return this.#stopped.passed;
  }

  /** Listens; Redis and the workers are looked for behind it. Rejects with `ListenError`; then nothing has been started. */
  async listen(): Promise<void> {
    const { listener, http, companions, clock } = this.#parts;
    await listener.listen(http.port, http.host);
    this.#startedMs = clock.monotonicMs();
    this.#enter("serving");
    this.#announce();
    for (const companion of companions) companion.start();
  }

  /**
   * Drains and stops: /ready says so at once, requests under way get `graceMs` to finish, then no more connections are taken and those that
   * are left are closed. Resolves when all of it is done. Idempotent.
   */
  async stop(reason: string, graceMs = this.#parts.http.shutdownGraceMs): Promise<void> {
    if (!mayEnter(this.#phase, "draining")) return this.#stopped.passed;
    const { listener, requests, companions, logger, clock } = this.#parts;
    this.#enter("draining");
    logger.info("coordinator.drain", { reason, graceMs, requests: requests.count });
    const startedMs = clock.monotonicMs();
    // The port stays open meanwhile: whoever asks is told that the coordinator is about to go.
    await this.#within(graceMs, requests.settled());
    const leftMs = graceMs - (clock.monotonicMs() - startedMs);
    await listener.stop(Math.max(FLUSH_MS, leftMs));
    for (const companion of [...companions].reverse()) await companion.stop();
    this.#enter("stopped");
    logger.info("coordinator.stop", {
      outcome: "ok",
      reason,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    });
    this.#stopped.open();
  }

  async #within(ms: number, done: Promise<void>): Promise<void> {
    let onTime = (): void => undefined;
    const time = new Promise<void>((resolve) => (onTime = resolve));
    const timer = this.#parts.clock.setTimer(ms, onTime);
    await Promise.race([done, time]);
    timer.cancel();
  }

  #announce(): void {
    const { http, version, logger, coordinatorId } = this.#parts;
    const host = http.host === "0.0.0.0" || http.host === "::" ? "localhost" : http.host;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${String(this.port)}`;
    logger.info("coordinator.listen", { url, docs: `${url}/docs`, version, coordinatorId });
    const warning = openToAllWarning(http, this.port);
    if (warning !== undefined) logger.warn("auth.disabled", { warning });
    for (const { tenant } of http.apiKeys.filter(({ weak }) => weak))
      logger.warn("auth.weak-key", { tenant, warning: "This key is shorter than 16 characters." });
  }

  #enter(phase: CoordinatorPhase): void {
    if (!mayEnter(this.#phase, phase))
      throw new Error(`A coordinator cannot go from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }
}
