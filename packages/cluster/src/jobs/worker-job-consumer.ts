import { JobConsumer, type JobConsumerParts } from "./job-consumer.js";
import { workerQueueName } from "./queues.js";
import { type WorkerJob, workerJobSchema } from "./worker-jobs.js";

/** Jobs of one worker at a time: an end of a session destroys a container, which the engine does a few of at once. */
const CONCURRENCY = 4;

/** Takes a worker's jobs from its queue. Jobs of a form that this version does not know are dropped, and logged. */
export function createWorkerJobConsumer(
  workerId: string,
  runJob: (job: WorkerJob) => Promise<void>,
  parts: Omit<JobConsumerParts, "queue" | "run" | "concurrency">,
): JobConsumer {
  return new JobConsumer({
    ...parts,
    queue: workerQueueName(workerId),
    concurrency: CONCURRENCY,
    async run({ data, name }) {
      const job = workerJobSchema.safeParse(data);
      if (job.success) await runJob(job.data);
      else parts.logger.warn("job.unknown", { job: name });
    },
  });
}
