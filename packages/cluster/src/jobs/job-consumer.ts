import { type Job, Worker } from "bullmq";
import type { Clock, Logger } from "@sandbox-system/contract";
import { RedisLink } from "../redis/redis-link.js";
import type { ClusterOptions } from "../settings/cluster-settings.js";
import { JOB_OPTIONS, queueConnection } from "./queues.js";

/** BullMQ's own 15 s would make jobs wait long after Redis is back. */
const RETRY_MS = 1000;

/** How long a stop may take, milliseconds; jobs are idempotent, so one that is cut off is run again by somebody. */
const CLOSE_MS = 2000;

/** What a {@link JobConsumer} is made of. */
export interface JobConsumerParts {
  readonly options: ClusterOptions;
  readonly queue: string;
  /** Rejects when the job should be tried again. */
  readonly run: (job: Job<unknown, void>) => Promise<void>;
  /** Jobs at a time. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Takes jobs from one queue, over a connection of its own, from when Redis is there for the first time until it is closed. */
export class JobConsumer {
  readonly #parts: JobConsumerParts;
  #link: RedisLink | undefined;
  #worker: Worker<unknown, void> | undefined;

  constructor(parts: JobConsumerParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#link !== undefined) return;
    const link = new RedisLink({ ...this.#parts, use: "queues" });
    this.#link = link;
    link.onUp(() => (this.#worker ??= this.#consume(link)));
  }

  /** Makes sure that its connection is alive: it may hear nothing for long by itself. */
  verify(): void {
    void this.#link?.verify();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) {
      const { clock } = this.#parts;
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(CLOSE_MS, resolve);
        void worker
          .close(true)
          .catch(() => undefined)
          .finally(() => {
            timer.cancel();
            resolve();
          });
      });
    }
    this.#link?.close();
  }

  #consume(link: RedisLink): Worker<unknown, void> {
    const { queue, run, concurrency, logger } = this.#parts;
    const worker = new Worker<unknown, void>(queue, run, {
      connection: queueConnection(link),
      prefix: link.keys.queuePrefix,
      concurrency,
      runRetryDelay: RETRY_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    // The connection's coming and going is told by the link.
    worker.on("error", (error) => logger.debug("job.queue", { queue, reason: error.message }));
    worker.on("failed", (job, error) =>
      logger.warn("job.run", { outcome: "error", queue, job: job?.name, error }),
    );
    return worker;
  }
}

/** Jobs that are run again when they fail: three times within seconds, then the next pass of the coordinators finds what is left. */
export const RETRIED_JOB = {
  ...JOB_OPTIONS,
  attempts: 3,
  backoff: { type: "exponential", delay: 1000 },
} as const;
