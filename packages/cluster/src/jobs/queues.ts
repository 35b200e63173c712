import { type ConnectionOptions, type JobsOptions, Queue } from "bullmq";
import { LRUCache } from "lru-cache";
import type { RedisLink } from "../redis/redis-link.js";

/** Name of the queue of the scheduled jobs. */
export const SCHEDULED_QUEUE = "scheduled";

/** Queues that are kept open: a coordinator speaks to a few workers at a time. */
const MAX_OPEN_QUEUES = 500;

/** Events that BullMQ keeps for listeners that nobody has. */
const MAX_EVENTS = 100;

/** A job that has been done, or has failed for good, leaves nothing, so that the same one can come again. */
export const JOB_OPTIONS: JobsOptions = {
  removeOnComplete: true,
  removeOnFail: true,
};

/** The name of a worker's queue. BullMQ allows no colon in it. */
export function workerQueueName(workerId: string): string {
  const safe = workerId.replaceAll(
    /[^A-Za-z0-9._-]/g,
    (letter) => `~${(letter.codePointAt(0) ?? 0).toString(16)}~`,
  );
  return `worker-${safe}`;
}

/** A link's connection as BullMQ takes it: an instance, because BullMQ cannot make one in an ES module. */
export function queueConnection(link: RedisLink): ConnectionOptions {
  return link.redis;
}

/** The queues that a process adds jobs to, each opened once. */
export class OpenQueues {
  readonly #link: RedisLink;
  readonly #queues = new LRUCache<string, Queue>({
    max: MAX_OPEN_QUEUES,
    // The connection is shared, so closing a queue leaves nothing to wait for.
    dispose: (queue) => void queue.close().catch(() => undefined),
  });

  /** `link` must be up: BullMQ gives a queue up whose connection fails while it is opened. */
  constructor(link: RedisLink) {
    this.#link = link;
  }

  get(name: string): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, {
      connection: queueConnection(this.#link),
      prefix: this.#link.keys.queuePrefix,
      defaultJobOptions: JOB_OPTIONS,
      streams: { events: { maxLen: MAX_EVENTS } },
    });
    // Whoever uses the queue is told; without a listener the process would end.
    queue.on("error", () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Forgets a queue that may not have been opened properly. */
  drop(name: string): void {
    this.#queues.delete(name);
  }

  close(): void {
    this.#queues.clear();
  }
}
