import type { RedisLink } from "../redis/redis-link.js";
import { registryUnavailable } from "../redis/registry-unavailable.js";
import { RETRIED_JOB } from "./job-consumer.js";
import { OpenQueues, workerQueueName } from "./queues.js";
import type { WorkerJob, WorkerJobSender } from "./worker-jobs.js";

/** Queues that one pass of {@link WorkerJobQueues.tidy} looks at. */
const TIDY_LIMIT = 100;

/** The queues of all workers, as coordinators see them. */
export class WorkerJobQueues implements WorkerJobSender {
  readonly #link: RedisLink;
  readonly #queues: OpenQueues;

  constructor(link: RedisLink) {
    this.#link = link;
    this.#queues = new OpenQueues(link);
  }

  async send(workerId: string, job: WorkerJob): Promise<void> {
    // Checked first: BullMQ would wait for the connection.
    if (!this.#link.up) throw registryUnavailable();
    const { redis, keys } = this.#link;
    const name = workerQueueName(workerId);
    await this.#link.ask(() => redis.sadd(keys.queues, workerId));
    try {
      const options = { ...RETRIED_JOB, jobId: jobIdOf(job) };
      await this.#link.ask(() => this.#queues.get(name).add(job.kind, job, options));
    } catch (error) {
      this.#queues.drop(name);
      throw error;
    }
  }

  /**
   * Removes the queues of workers that the cluster has forgotten, so that jobs for a worker that never comes back do not pile up. Looks at a bounded number,
   * chosen by chance. Rejects with `REGISTRY_UNAVAILABLE`.
   */
  async tidy(): Promise<void> {
    const { redis, keys } = this.#link;
    const workers = await this.#link.ask(() => redis.srandmember(keys.queues, TIDY_LIMIT));
    for (const workerId of workers) {
      const isKnown = await this.#link.ask(() => redis.zscore(keys.workers, workerId));
      if (isKnown !== null) continue;
      const name = workerQueueName(workerId);
      await this.#link.ask(() => this.#queues.get(name).obliterate({ force: true }));
      this.#queues.drop(name);
      await this.#link.ask(() => redis.srem(keys.queues, workerId));
    }
  }

  close(): void {
    this.#queues.close();
  }
}

/** One id for jobs that ask for the same: BullMQ adds none whose id still waits. */
function jobIdOf(job: WorkerJob): string {
  switch (job.kind) {
    case "end-session":
      return `end-session-${job.sessionId}-${String(job.generation)}`;
    case "set-pool-target":
      return `set-pool-target-${job.registrationId}-${String(job.target)}`;
  }
}
