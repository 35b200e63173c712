import { type Clock, type Logger, sandboxError, type Timer } from "@sandbox-system/contract";
import type { RedisLink } from "../redis/redis-link.js";
import { isRegistryUnavailable } from "../redis/registry-unavailable.js";
import type { ClusterOptions } from "../settings/cluster-settings.js";
import { JobConsumer } from "./job-consumer.js";
import { OpenQueues, SCHEDULED_QUEUE } from "./queues.js";
import { WorkerJobQueues } from "./worker-job-queue.js";
import { type ScheduledJob, type WorkerJob, type WorkerJobSender } from "./worker-jobs.js";

/** What each scheduled job does. A run may come twice, or late. */
export type ScheduledHandlers = Readonly<Record<ScheduledJob, () => Promise<void>>>;

/** How often each scheduled job runs in the whole cluster, milliseconds; undefined: never. */
export type ScheduledIntervals = Readonly<Record<ScheduledJob, number | undefined>>;

/** How often it is made sure that the schedule stands: somebody may have emptied Redis without a word. */
const ENSURE_MS = 60_000;

const SCHEDULED_JOBS = ["expiry-sweep", "pool-scaling"] as const satisfies ScheduledJob[];

/** What {@link CoordinatorJobs} are made of. */
export interface CoordinatorJobsParts {
  readonly options: ClusterOptions;
  /** For requests: fails at once when Redis is away. */
  readonly link: RedisLink;
  readonly intervalsMs: ScheduledIntervals;
  readonly handlers: () => ScheduledHandlers;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * The jobs that coordinators share: each run of a scheduled job is done by one of them, whoever is free. The schedule is put back whenever Redis comes
 * back. Sends jobs to workers too.
 */
export class CoordinatorJobs implements WorkerJobSender {
  readonly #parts: CoordinatorJobsParts;
  readonly #workerQueues: WorkerJobQueues;
  readonly #schedule: OpenQueues;
  readonly #consumer: JobConsumer;
  #timer: Timer | undefined;
  #isRunning = false;

  constructor(parts: CoordinatorJobsParts) {
    this.#parts = parts;
    this.#workerQueues = new WorkerJobQueues(parts.link);
    this.#schedule = new OpenQueues(parts.link);
    this.#consumer = new JobConsumer({
      ...parts,
      queue: SCHEDULED_QUEUE,
      concurrency: 1,
      run: ({ name }) => this.#run(name),
    });
  }

  /** Begins in the background; Redis may be away. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#consumer.start();
    this.#parts.link.onUp(() => {
      this.#consumer.verify();
      void this.#ensureSchedule();
    });
  }

  send(workerId: string, job: WorkerJob): Promise<void> {
    return this.#workerQueues.send(workerId, job);
  }

  /**
   * When a scheduled job last ran without a fault, by any coordinator: milliseconds since the epoch, by that coordinator's clock. undefined: never, as far as
   * Redis knows. Rejects with `REGISTRY_UNAVAILABLE`.
   */
  async lastRun(job: ScheduledJob): Promise<number | undefined> {
    const { redis, keys } = this.#parts.link;
    const lastRun = await this.#parts.link.ask(() => redis.hget(keys.lastRuns, job));
    return lastRun === null ? undefined : Number(lastRun);
  }

  /** Takes no more jobs. Never rejects. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.cancel();
    await this.#consumer.close();
    this.#workerQueues.close();
    this.#schedule.close();
  }

  async #run(name: string): Promise<void> {
    const job = SCHEDULED_JOBS.find((known) => known === name);
    if (job === undefined) return;
    const { handlers, link, clock } = this.#parts;
    await handlers()[job]();
    if (job === "expiry-sweep") await this.#workerQueues.tidy();
    await link.ask(() => link.redis.hset(link.keys.lastRuns, job, clock.now()));
  }

  async #ensureSchedule(): Promise<void> {
    if (!this.#isRunning) return;
    const { clock, logger, link } = this.#parts;
    this.#timer?.cancel();
    this.#timer = clock.setTimer(ENSURE_MS, () => void this.#ensureSchedule());
    try {
      for (const job of SCHEDULED_JOBS) await link.ask(() => this.#ensure(job));
    } catch (error) {
      this.#schedule.drop(SCHEDULED_QUEUE);
      // The link tells when Redis is away, and calls again when it is back.
      if (!isRegistryUnavailable(error)) logger.warn("job.schedule", { outcome: "error", error });
    }
  }

  async #ensure(job: ScheduledJob): Promise<void> {
    // Checked first: BullMQ would wait for the connection.
    if (!this.#parts.link.up) throw sandboxError("REGISTRY_UNAVAILABLE", "Redis is away.");
    const queue = this.#schedule.get(SCHEDULED_QUEUE);
    const every = this.#parts.intervalsMs[job];
    const known = await queue.getJobScheduler(job);
    if (every === undefined) {
      if (known !== undefined) await queue.removeJobScheduler(job);
      return;
    }
    const isStanding =
      known?.every === every && (known.next ?? 0) > this.#parts.clock.now() - every;
    if (!isStanding) await queue.upsertJobScheduler(job, { every }, { name: job, opts: {} });
  }
}
