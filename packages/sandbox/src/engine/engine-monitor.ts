import type { Clock, Logger } from "@sandbox-system/contract";
import type { ContainerEngine, EngineFacts } from "./container-engine.js";

/** How long to wait between attempts to reach an engine that is away, milliseconds: half of what a reconnection may take. */
const RETRY_MS = 5_000;

/** What the monitor needs. */
export interface EngineMonitorOptions {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called each time the engine has been reached, before anybody is told so. */
  readonly onConnected: (facts: EngineFacts) => Promise<void>;
}

/**
 * Knows whether the engine is there: asks until it answers, then holds its event stream open, whose end says that it went away.
 */
export class EngineMonitor {
  #connected = false;
  #fault: string | undefined;
  readonly #stopped = new AbortController();

  constructor(private readonly options: EngineMonitorOptions) {}

  get connected(): boolean {
    return this.#connected;
  }

  /** Why it could not be reached last time; undefined while it is. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Tries once; then keeps watching, and trying, in the background until {@link stop}. @throws what the first attempt met. */
  async start(): Promise<void> {
    try {
      await this.#connect();
    } finally {
      void this.#watch();
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #connect(): Promise<void> {
    const { engine, logger, onConnected } = this.options;
    try {
      const facts = await engine.facts();
      await onConnected(facts);
      this.#connected = true;
      this.#fault = undefined;
      logger.info("engine.connect", { outcome: "ok", version: facts.version });
    } catch (error) {
      this.#connected = false;
      this.#fault = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  async #watch(): Promise<void> {
    const { engine, logger } = this.options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (this.#connected) {
        await engine.watch(signal).catch(() => undefined);
        if (this.#stopped.signal.aborted) return;
        this.#connected = false;
        logger.warn("engine.lost");
      }
      await this.#reconnect(signal);
    }
  }

  async #reconnect(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#connected) {
      try {
        await this.#connect();
      } catch {
        this.options.logger.warn("engine.connect", { outcome: "failed", reason: this.#fault });
        await this.#pause(signal);
      }
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.options.clock.setTimer(RETRY_MS, resolve);
      signal.addEventListener(
        "abort",
        () => {
          timer.cancel();
          resolve();
        },
        { once: true },
      );
    });
  }
}
