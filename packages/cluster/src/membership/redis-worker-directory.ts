import type { Clock, Logger, Timer } from "@sandbox-system/contract";
import type { RedisLink } from "../redis/redis-link.js";
import { isRegistryUnavailable } from "../redis/registry-unavailable.js";
import { storedWorkersFrom, workerCheckFrom } from "../redis/script-answers.js";
import { beatMessageFrom, workerInfoFrom } from "./beat-message.js";
import { KnownWorkers } from "./known-workers.js";
import type { DirectoryEvent, KnownWorker, WorkerDirectory } from "./worker-directory.js";
import type { WorkerInfo } from "./worker-info.js";

/** Workers that are read at once: many more than one cluster has. */
const MAX_WORKERS = 10_000;

/** Time past the end of a lease at which Redis is asked whether it has run out, milliseconds: by then its key has gone. */
const MARGIN_MS = 100;

/** When it was too early to tell, or nobody could be asked, it is asked again so much later, milliseconds. */
const ASK_AGAIN_MS = 500;

/** What a {@link RedisWorkerDirectory} is made of. */
export interface WorkerDirectoryParts {
  /** For requests. */
  readonly link: RedisLink;
  /** For the heartbeats: a connection that listens can ask nothing. */
  readonly subscriber: RedisLink;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * The directory fed by the heartbeats that Redis passes on. A lease that seems to have run out is taken for lost only when Redis says so, so that a message that
 * was missed, or Redis's own absence, loses nobody; every worker that is known gets one more lease when Redis is back.
 *
 * Redis is told regularly that this coordinator is there: by that the registry notices its own absence (`presence.lua`).
 */
export class RedisWorkerDirectory implements WorkerDirectory {
  readonly #parts: WorkerDirectoryParts;
  readonly #known = new KnownWorkers();
  readonly #leases = new Map<string, Timer>();
  #presence: Timer | undefined;
  #isStopped = false;
  #isInvalidLogged = false;

  constructor(parts: WorkerDirectoryParts) {
    this.#parts = parts;
  }

  all(): readonly KnownWorker[] {
    return this.#known.all();
  }

  find(workerId: string): KnownWorker | undefined {
    return this.#known.find(workerId);
  }

  subscribe(listener: (event: DirectoryEvent) => void): () => void {
    return this.#known.subscribe(listener);
  }

  /** Begins in the background; Redis may be away. */
  start(): void {
    const { link, subscriber } = this.#parts;
    subscriber.redis.on("message", (_channel: string, text: string) => this.#hear(text));
    subscriber.onUp(() => void this.#listen());
    link.onUp(() => void this.#load());
    this.#tellPresence();
  }

  stop(): void {
    this.#isStopped = true;
    this.#presence?.cancel();
    for (const lease of this.#leases.values()) lease.cancel();
    this.#leases.clear();
  }

  async #listen(): Promise<void> {
    const { subscriber } = this.#parts;
    try {
      await subscriber.ask(() => subscriber.redis.subscribe(subscriber.keys.beats));
      // What was said before this moment was not heard.
      await this.#load();
    } catch {
      // The link tells that Redis is away, and calls again when it is back.
    }
  }

  /** Reads who is there; everybody who was known gets one more lease. */
  async #load(): Promise<void> {
    const { link, leaseMs, logger } = this.#parts;
    if (!link.up || this.#isStopped) return;
    try {
      const stored = storedWorkersFrom(
        await link.script("read-workers", [link.keys.workers, link.keys.epoch], [MAX_WORKERS]),
      );
      for (const { workerId } of this.#known.all().map(({ info }) => info))
        this.#grant(workerId, leaseMs);
      for (const { info, leaseLeftMs, lastBeatMs } of stored) {
        const read = this.#read(workerInfoFrom(info));
        if (read !== undefined) this.#put(read, lastBeatMs, Math.max(leaseLeftMs, leaseMs));
      }
    } catch (error) {
      if (!isRegistryUnavailable(error))
        logger.warn("cluster.directory", { outcome: "error", error });
    }
  }

  #hear(text: string): void {
    if (this.#isStopped) return;
    const message = this.#read(beatMessageFrom(text));
    if (message === undefined) return;
    if ("gone" in message) {
      const { workerId, registrationId } = message.gone;
      if (this.#known.find(workerId)?.info.registrationId === registrationId) this.#lose(workerId);
      return;
    }
    this.#put(message.info, message.atMs, message.leaseMs);
  }

  #put(info: WorkerInfo, lastBeatMs: number, leaseMs: number): void {
    this.#grant(info.workerId, leaseMs);
    this.#known.put(info, lastBeatMs);
  }

  #grant(workerId: string, leaseMs: number): void {
    this.#askAfter(workerId, leaseMs + MARGIN_MS);
  }

  #askAfter(workerId: string, ms: number): void {
    this.#leases.get(workerId)?.cancel();
    const lease = this.#parts.clock.setTimer(ms, () => void this.#check(workerId, lease));
    this.#leases.set(workerId, lease);
  }

  /** Nothing was heard for a lease: Redis knows whether it has run out. */
  async #check(workerId: string, lease: Timer): Promise<void> {
    const { link, clock } = this.#parts;
    try {
      const { keys } = link;
      const check = workerCheckFrom(
        await link.script("check-worker", [keys.worker(workerId), keys.epoch]),
      );
      // It was heard meanwhile.
      if (this.#leases.get(workerId) !== lease || this.#isStopped) return;
      if (check.kind === "gone") {
        this.#lose(workerId);
        return;
      }
      const info = check.kind === "alive" ? this.#read(workerInfoFrom(check.info)) : undefined;
      if (check.kind === "alive" && info !== undefined) {
        this.#put(info, clock.now(), check.leaseLeftMs);
        return;
      }
    } catch {
      // While Redis is away nobody's lease runs out.
    }
    if (this.#leases.get(workerId) === lease && !this.#isStopped)
      this.#askAfter(workerId, ASK_AGAIN_MS);
  }

  #lose(workerId: string): void {
    this.#leases.get(workerId)?.cancel();
    this.#leases.delete(workerId);
    this.#known.remove(workerId);
  }

  /** Twice a heartbeat, so that a silence of the whole cluster is Redis's own. */
  #tellPresence(): void {
    if (this.#isStopped) return;
    const { link, subscriber, clock, heartbeatMs } = this.#parts;
    this.#presence = clock.setTimer(heartbeatMs / 2, () => this.#tellPresence());
    link.script("presence", [link.keys.epoch]).catch(() => undefined);
    void subscriber.verify();
  }

  #read<T>(value: T | undefined): T | undefined {
    if (value === undefined && !this.#isInvalidLogged) {
      this.#isInvalidLogged = true;
      this.#parts.logger.warn("cluster.directory", {
        outcome: "ignored",
        reason: "a worker of another version speaks another form",
      });
    }
    return value;
  }
}
