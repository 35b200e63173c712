import {
  type Clock,
  type Logger,
  type PoolHealthBody,
  SandboxError,
  sandboxError,
  type Timer,
} from "@sandbox-system/contract";
import { EngineError } from "../engine/container-engine.js";
import { ConnectionLost } from "../execd/connection-lost.js";
import type { Sandbox } from "../sandbox/sandbox.js";
import type { PoolOptions } from "../settings/sandbox-options.js";
import { backoffMs } from "./backoff.js";
import { ClaimQueue } from "./claim-queue.js";
import { RunningMean } from "./running-mean.js";

/**
 * Creations at once. An engine starts about five containers a second however many are asked for in parallel (the kernel serializes
 * mounts and namespaces), so a few hide the round trips and more would only lengthen each.
 */
const CREATION_CONCURRENCY = 4;

/** What the pool needs. */
export interface WarmPoolOptions {
  readonly sizes: PoolOptions;
  readonly create: () => Promise<Sandbox>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 … 1; spreads retries. */
  readonly random: () => number;
}

/** What pool scaling decides by. */
export interface PoolDemand {
  /** Sandboxes handed to sessions since the pool was made; rises only. */
  readonly claims: number;
  /** How long a creation takes, milliseconds, the latest weighing most; undefined before the first. */
  readonly createMs: number | undefined;
  /** Warm sandboxes that are kept at present. */
  readonly poolTarget: number;
  /** Warm sandboxes that are kept at least. */
  readonly poolMin: number;
}

const SURPLUS = new ConnectionLost("the sandbox was surplus");
const STOPPED = new ConnectionLost("the pool was stopped");

/**
 * The started, unclaimed sandboxes of one worker. Verbs: `claim`, `replenish`, `trim`.
 *
 * Holds `warm + being made + claimed + being destroyed ≤ maxSize`; only what was adopted from a predecessor may exceed it, and then nothing is
 * made. All state changes are synchronous between awaits of one event loop, so no two callers get the same sandbox.
 */
export class WarmPool {
  readonly #warm: { sandbox: Sandbox; sinceMs: number }[] = [];
  readonly #claimed = new Set<Sandbox>();
  readonly #destroying = new Set<Promise<void>>();
  readonly #creations = new Set<Promise<void>>();
  readonly #queue: ClaimQueue;
  readonly #createMs = new RunningMean();
  #claims = 0;
  #creating = 0;
  #failures = 0;
  #lastFailure: unknown;
  #retry: Timer | undefined;
  #trimTimer: Timer | undefined;
  #state: "stopped" | "running" = "stopped";
  #target: number;

  constructor(private readonly options: WarmPoolOptions) {
    this.#queue = new ClaimQueue(options.clock);
    this.#target = options.sizes.size;
  }

  /** Why sandboxes could not be made lately; undefined: they could. */
  get lastFailure(): unknown {
    return this.#failures > 0 ? this.#lastFailure : undefined;
  }

  /** Counts, as /health shows them. */
  counts(): PoolHealthBody {
    return {
      available: this.#warm.length,
      allocated: this.#claimed.size,
      total: this.#total(),
      max_capacity: this.options.sizes.maxSize,
    };
  }

  demand(): PoolDemand {
    return {
      claims: this.#claims,
      createMs: this.#createMs.value,
      poolTarget: this.#target,
      poolMin: this.options.sizes.minSize,
    };
  }

  /** Begins to fill. */
  start(): void {
    this.#state = "running";
    this.replenish();
  }

  /** Forgets failures: the engine is known to be back. */
  engineIsBack(): void {
    this.#failures = 0;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.replenish();
  }

  /**
   * A healthy sandbox, the caller's alone. Takes the longest warm one; waits for a creation when there is none.
   * @throws SandboxError `POOL_EXHAUSTED`, `ENGINE_UNAVAILABLE`, `DRAINING`; all retryable.
   */
  async claim(): Promise<Sandbox> {
    for (;;) {
      if (this.#state === "stopped") throw draining();
      const sandbox = this.#warm.shift()?.sandbox ?? (await this.#waitForOne());
      // Claimed before the check, so that it counts while it is nobody's.
      sandbox.claim();
      this.#claimed.add(sandbox);
      this.replenish();
      if (await sandbox.isHealthy()) {
        this.#claims += 1;
        return sandbox;
      }
      this.options.logger.warn("pool.unhealthy", { sandboxId: sandbox.id });
      await this.discard(sandbox, new ConnectionLost("the sandbox failed its health check"));
    }
  }

  /** Destroys a claimed sandbox; its place is free when it is gone. Never rejects. */
  async discard(sandbox: Sandbox, reason: Error): Promise<void> {
    this.#claimed.delete(sandbox);
    await this.#destroy(sandbox, reason);
  }

  /** Takes in a sandbox of an earlier process, which serves a session already. */
  adopt(sandbox: Sandbox): void {
    sandbox.claim();
    this.#claimed.add(sandbox);
  }

  /** Lets go of a claimed sandbox without destroying it, for the successor process. */
  handOver(sandbox: Sandbox, reason: Error): void {
    this.#claimed.delete(sandbox);
    sandbox.handOver(reason);
  }

  /**
   * Sets how many warm sandboxes to keep; cut to the configured minimum and maximum.
   * @throws RangeError when it is not a whole number.
   */
  setTarget(target: number): void {
    if (!Number.isInteger(target)) throw new RangeError(`no pool can hold ${String(target)}`);
    const { minSize, maxSize } = this.options.sizes;
    this.#target = Math.min(Math.max(target, minSize), maxSize);
    this.trim();
    this.replenish();
  }

  /** Starts as many creations as target, waiting callers, capacity and concurrency ask for and allow. */
  replenish(): void {
    if (this.#state === "stopped" || this.#retry !== undefined) return;
    const wanted = this.#target + this.#queue.length - this.#warm.length - this.#creating;
    const room = this.options.sizes.maxSize - this.#total();
    // An engine in trouble is tried with one at a time.
    const concurrency = this.#failures === 0 ? CREATION_CONCURRENCY : 1;
    const starts = Math.min(wanted, room, concurrency - this.#creating);
    for (let started = 0; started < starts; started += 1) void this.#createOne();
  }

  /** Destroys surplus warm sandboxes: at once, or those that have idled long enough. */
  trim(): void {
    this.#trimTimer?.cancel();
    this.#trimTimer = undefined;
    const { aggressiveCleanup, idleTimeoutMs } = this.options.sizes;
    const now = this.options.clock.monotonicMs();
    while (this.#warm.length > this.#target) {
      const oldest = this.#warm[0];
      if (oldest === undefined) return;
      const idleMs = now - oldest.sinceMs;
      if (!aggressiveCleanup && idleMs < idleTimeoutMs) {
        this.#trimTimer = this.options.clock.setTimer(idleTimeoutMs - idleMs, () => {
          this.trim();
        });
        return;
      }
      this.#warm.shift();
      void this.#destroy(oldest.sandbox, SURPLUS);
    }
  }

  /** Refuses claims from now on; claimed sandboxes stay. */
  close(): void {
    this.#state = "stopped";
    this.#retry?.cancel();
    this.#trimTimer?.cancel();
    this.#queue.refuse(draining());
  }

  /** Closes and destroys everything; resolves when nothing is left. */
  async stop(): Promise<void> {
    this.close();
    const mine = [...this.#warm.map(({ sandbox }) => sandbox), ...this.#claimed];
    this.#warm.length = 0;
    this.#claimed.clear();
    for (const sandbox of mine) void this.#destroy(sandbox, STOPPED);
    while (this.#destroying.size > 0 || this.#creating > 0) {
      await Promise.race([...this.#destroying, ...this.#creations]);
    }
  }

  #total(): number {
    return this.#warm.length + this.#creating + this.#claimed.size + this.#destroying.size;
  }

  #waitForOne(): Promise<Sandbox> {
    const { maxSize } = this.options.sizes;
    // Places that will be free without anybody's doing: creations, and removals under way.
    const coming = this.#creating + this.#destroying.size;
    const room = maxSize - this.#total();
    if (room + coming <= this.#queue.length) {
      throw sandboxError(
        "POOL_EXHAUSTED",
        `Pool at max capacity: all ${String(maxSize)} sandboxes are in use. Try again when a session has ended, or raise MAX_POOL_SIZE.`,
        { retryAfterSeconds: 5, details: { max_capacity: maxSize } },
      );
    }
    if (this.#retry !== undefined) throw this.#refusal();
    const sandbox = this.#queue.wait();
    this.replenish();
    return sandbox;
  }

  async #createOne(): Promise<void> {
    const { clock, create } = this.options;
    this.#creating += 1;
    const startedMs = clock.monotonicMs();
    const creation = create().then(
      (sandbox) => {
        this.#creating -= 1;
        this.#createMs.add(clock.monotonicMs() - startedMs);
        this.#created(sandbox);
      },
      (error: unknown) => {
        this.#creating -= 1;
        this.#creationFailed(error);
      },
    );
    this.#creations.add(creation);
    await creation;
    this.#creations.delete(creation);
  }

  #created(sandbox: Sandbox): void {
    this.#failures = 0;
    if (this.#state === "stopped") {
      void this.#destroy(sandbox, STOPPED);
      return;
    }
    sandbox.onLost((reason) => {
      this.#warmLost(sandbox, reason);
    });
    if (this.#queue.length > 0) {
      // Counted before the waiting caller runs on, so that its place is not given away twice.
      this.#claimed.add(sandbox);
      this.#queue.serve(sandbox);
    } else {
      this.#warm.push({ sandbox, sinceMs: this.options.clock.monotonicMs() });
      this.trim();
    }
    this.replenish();
  }

  #creationFailed(error: unknown): void {
    this.#failures += 1;
    this.#lastFailure = error;
    const reason = error instanceof Error ? error.message : String(error);
    this.options.logger.warn("pool.create", {
      outcome: "failed",
      failures: this.#failures,
      reason,
    });
    if (this.#state === "stopped") return;
    const delayMs = backoffMs(this.#failures, this.options.random());
    if (delayMs === 0) {
      this.replenish();
      return;
    }
    this.#queue.refuse(this.#refusal(), this.#creating);
    this.#retry ??= this.options.clock.setTimer(delayMs, () => {
      this.#retry = undefined;
      this.replenish();
    });
  }

  /** What callers are told while no sandbox can be made. */
  #refusal(): SandboxError {
    const error = this.#lastFailure;
    if (error instanceof SandboxError) return error;
    const why = error instanceof Error ? error.message : String(error);
    const message =
      error instanceof EngineError && error.fault === "unavailable"
        ? `${why}. Is Docker running?`
        : `No sandbox could be made: ${why}`;
    return sandboxError("ENGINE_UNAVAILABLE", message, { retryAfterSeconds: 1, cause: error });
  }

  #warmLost(sandbox: Sandbox, reason: Error): void {
    const index = this.#warm.findIndex((entry) => entry.sandbox === sandbox);
    if (index === -1) return;
    this.#warm.splice(index, 1);
    this.options.logger.warn("pool.lost", { sandboxId: sandbox.id, reason: reason.message });
    void this.#destroy(sandbox, reason);
  }

  #destroy(sandbox: Sandbox, reason: Error): Promise<void> {
    const destruction = sandbox.destroy(reason).then(() => {
      this.#destroying.delete(destruction);
      this.replenish();
    });
    this.#destroying.add(destruction);
    return destruction;
  }
}

function draining(): SandboxError {
  return sandboxError("DRAINING", "This worker is shutting down and takes no new sessions.", {
    retryAfterSeconds: 1,
  });
}
