import { z } from "zod";

/** What coordinators ask a worker to do by its queue. Idempotent, and fenced: a late, duplicate or stalled job harms nothing. */
export const workerJobSchema = z.discriminatedUnion("kind", [
  /** End this generation of a session if it is really idle; the worker has the last word on activity. */
  z.object({
    kind: z.literal("end-session"),
    sessionId: z.string(),
    generation: z.number(),
  }),
  /** Keep so many sandboxes warm. Meant for one boot of the worker. */
  z.object({
    kind: z.literal("set-pool-target"),
    registrationId: z.string(),
    target: z.number(),
  }),
]);

/** {@link workerJobSchema} as a type. */
export type WorkerJob = Readonly<z.infer<typeof workerJobSchema>>;

/** Sends jobs to workers' queues. */
export interface WorkerJobSender {
  /** Rejects with `REGISTRY_UNAVAILABLE`. A job like one that still waits is not added again. */
  send(workerId: string, job: WorkerJob): Promise<void>;
}

/** Names of the job schedulers that coordinators share. */
export type ScheduledJob = "expiry-sweep" | "pool-scaling";
