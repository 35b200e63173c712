/** Everything that knows Redis: who holds which session, which workers live, and the queues between processes. */
export {
  type Owner,
  type RegisteredState,
  type SessionEnd,
  type SessionFacts,
  type SessionFence,
  type SessionRecord,
} from "./registry/session-record.js";
export {
  type Claim,
  type ClaimRequest,
  type LossVerdict,
  type SessionActivity,
  type SessionRegistry,
} from "./registry/session-registry.js";
export {
  type WorkerInfo,
  workerInfoSchema,
  type WorkerState,
  workerStateSchema,
} from "./membership/worker-info.js";
export {
  type DirectoryEvent,
  type KnownWorker,
  type WorkerDirectory,
} from "./membership/worker-directory.js";
export {
  type ScheduledJob,
  type WorkerJob,
  type WorkerJobSender,
  workerJobSchema,
} from "./jobs/worker-jobs.js";
