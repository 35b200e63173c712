/** Everything that knows Redis: who holds which session, which workers live, and the queues between processes. */
export {
  type ClusterOptions,
  type ClusterSettings,
  clusterSettingRelations,
  clusterSettings,
  compileClusterOptions,
  type RedisAddress,
} from "./settings/cluster-settings.js";
export {
  type ClusterMemberOptions,
  createClusterMember,
  createWorkerCluster,
  type WorkerCluster,
  type WorkerClusterOptions,
} from "./compose/create-worker-cluster.js";
export {
  type CoordinatorCluster,
  type CoordinatorClusterOptions,
  type CoordinatorQueues,
  createCoordinatorCluster,
} from "./compose/create-coordinator-cluster.js";
export {
  type Owner,
  type RegisteredState,
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
export { isRegistrySettling } from "./redis/registry-unavailable.js";
export { type ClusterMember } from "./membership/cluster-member.js";
export { type MemberHost, type WorkerDescription } from "./membership/member-host.js";
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
export { type ScheduledHandlers, type ScheduledIntervals } from "./jobs/coordinator-jobs.js";
export {
  type ScheduledJob,
  type WorkerJob,
  type WorkerJobSender,
  workerJobSchema,
} from "./jobs/worker-jobs.js";
export { type SentinelAddress } from "./settings/sentinels-setting.js";
export { type ClusterToken } from "./token/cluster-token.js";
