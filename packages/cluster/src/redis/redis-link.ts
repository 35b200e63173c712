import type { Redis } from "ioredis";
import type { Clock, Logger } from "@sandbox-system/contract";
import type { ScriptName } from "../../lua/index.cjs";
import type { ClusterOptions } from "../settings/cluster-settings.js";
import { ClusterKeys } from "./cluster-keys.js";
import { COMMAND_TIMEOUT_MS, type ConnectionUse, createRedis } from "./connection.js";
import { registryRules } from "./registry-rules.js";
import { redisFailure, registryUnavailable } from "./registry-unavailable.js";
import { Scripts } from "./scripts.js";

/** A connection on which nothing has been answered for so long is made anew: its peer may have vanished without a word. */
const SILENCE_MS = 3000;

/** What a link is made of. */
export interface RedisLinkOptions {
  readonly options: ClusterOptions;
  readonly use: ConnectionUse;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 … 1, for the jitter of reconnection. */
  readonly random: () => number;
  /** Makes the connection; tests have their own. */
  readonly connect?: typeof createRedis;
}

/**
 * One connection to Redis and what is known of it. Whether it is up is told by the connection and by the commands: a Redis that is paused holds
 * its connections but answers nothing.
 *
 * Going up and down is logged once each. It reconnects until it is closed and never throws outside of a command.
 */
export class RedisLink {
  readonly redis: Redis;
  readonly keys: ClusterKeys;
  readonly #scripts: Scripts;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #upListeners = new Set<() => void>();
  #isUp = false;
  #isDownLogged = false;
  #isClosed = false;
  #lastFault: string | undefined;
  #silentSinceMs: number | undefined;

  constructor(parts: RedisLinkOptions) {
    const { options, use, logger, clock, random, connect = createRedis } = parts;
    this.#clock = clock;
    this.#logger = logger.child({ connection: use });
    this.keys = new ClusterKeys(options.keyPrefix);
    this.redis = connect(options, use, random);
    this.#scripts = new Scripts(this.redis, this.keys, registryRules(options.heartbeatMs));
    // Without a listener a fault of the connection would end the process.
    this.redis.on("error", (error: Error) => (this.#lastFault = error.message));
    this.redis.on("ready", () => this.#goUp());
    this.redis.on("close", () => this.#goDown(this.#lastFault ?? "the connection was closed"));
  }

  /** Whether Redis answered when it was last heard. */
  get up(): boolean {
    return this.#isUp && this.redis.status === "ready";
  }

  /** The address of this end of the connection; undefined while there is none. */
  get localAddress(): string | undefined {
    return this.redis.stream instanceof Object && "localAddress" in this.redis.stream
      ? (this.redis.stream as { localAddress?: string }).localAddress
      : undefined;
  }

  /** Begins to connect; Redis may be away. */
  open(): void {
    if (this.redis.status !== "wait" || this.#isClosed) return;
    // What is wrong is told by the events.
    this.redis.connect().catch(() => undefined);
  }

  /** Calls `listener` each time Redis is there (again), until the returned function is called. Soon, if it is there now. */
  onUp(listener: () => void): () => void {
    this.#upListeners.add(listener);
    if (this.up)
      queueMicrotask(() => {
        if (this.#upListeners.has(listener)) listener();
      });
    return () => this.#upListeners.delete(listener);
  }

  /** Runs a script. Rejects with `REGISTRY_UNAVAILABLE`, or `INTERNAL_ERROR` when the script is at fault. */
  script(
    name: ScriptName,
    keys: readonly string[],
    args?: readonly (string | number)[],
  ): Promise<unknown> {
    return this.ask(() => this.#scripts.run(name, keys, args));
  }

  /** Runs a command. Rejects like {@link script}. */
  async ask<T>(command: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw registryUnavailable();
    try {
      const answer = await command();
      this.#goUp();
      return answer;
    } catch (error) {
      const failure = redisFailure(error);
      if (failure.code === "REGISTRY_UNAVAILABLE" && this.redis.status === "ready")
        this.#noteSilence(error instanceof Error ? error.message : String(error));
      throw failure;
    }
  }

  /** Makes sure that the connection is alive, for those that send no commands of their own; one that is not is made anew. Never rejects. */
  async verify(): Promise<void> {
    if (this.#isClosed || this.redis.status !== "ready") return;
    const connection = this.redis.stream;
    const timer = this.#clock.setTimer(COMMAND_TIMEOUT_MS, () => {
      this.#goDown("no answer");
      if (this.redis.stream === connection) this.redis.disconnect(true);
    });
    try {
      await this.redis.ping();
      this.#goUp();
    } catch (error) {
      this.#goDown(error instanceof Error ? error.message : String(error));
    } finally {
      timer.cancel();
    }
  }

  /** Closes the connection for good. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    this.redis.disconnect();
  }

  #noteSilence(reason: string): void {
    const now = this.#clock.monotonicMs();
    this.#silentSinceMs ??= now;
    this.#goDown(reason);
    if (now - this.#silentSinceMs < SILENCE_MS) return;
    this.#silentSinceMs = undefined;
    this.redis.disconnect(true);
  }

  #goUp(): void {
    this.#silentSinceMs = undefined;
    if (this.#isUp || this.#isClosed || this.redis.status !== "ready") return;
    this.#isUp = true;
    this.#isDownLogged = false;
    this.#lastFault = undefined;
    this.#logger.info("redis.connect", { outcome: "ok" });
    for (const listener of [...this.#upListeners]) listener();
  }

  #goDown(reason: string): void {
    this.#isUp = false;
    if (this.#isClosed || this.#isDownLogged) return;
    this.#isDownLogged = true;
    this.#logger.warn("redis.lost", { reason });
  }
}
