import type { Clock, Logger } from "@sandbox-system/contract";
import type { JobConsumer } from "../jobs/job-consumer.js";
import { createWorkerJobConsumer } from "../jobs/worker-job-consumer.js";
import type { ClusterMember } from "../membership/cluster-member.js";
import type { MemberHost } from "../membership/member-host.js";
import { RegisteredMember } from "../membership/registered-member.js";
import { RedisWorkerRegistrar } from "../membership/worker-registrar.js";
import { RedisLink } from "../redis/redis-link.js";
import { RedisSessionRegistry } from "../registry/redis-session-registry.js";
import type { ClusterOptions } from "../settings/cluster-settings.js";
import { type ClusterToken, GivenToken, SharedToken } from "../token/cluster-token.js";

/** What a worker's part in a cluster needs. */
export interface WorkerClusterOptions {
  readonly options: ClusterOptions;
  /** The worker; asked for when the member starts. */
  readonly host: () => MemberHost;
  readonly logger: Logger;
  readonly clock: Clock;
  /** 0 … 1; `Math.random` unless a test says otherwise. */
  readonly random?: () => number;
}

/** A worker's part in a cluster. Starts and stops with its member. */
export interface WorkerCluster {
  readonly member: ClusterMember;
  /** By which the worker knows coordinators. */
  readonly token: ClusterToken;
}

/** What {@link createClusterMember} needs. */
export interface ClusterMemberOptions extends Omit<WorkerClusterOptions, "host"> {
  readonly host: MemberHost;
}

/** A worker's membership alone. */
export function createClusterMember({ host, ...options }: ClusterMemberOptions): ClusterMember {
  return createWorkerCluster({ ...options, host: () => host }).member;
}

/** Builds a worker's part; nothing is connected before the member starts. */
export function createWorkerCluster(given: WorkerClusterOptions): WorkerCluster {
  const { options, host, clock, logger, random = Math.random } = given;
  const common = { options, clock, logger, random };
  const link = new RedisLink({ ...common, use: "requests" });
  const shared = options.token === undefined ? new SharedToken(link, clock) : undefined;
  let consumer: JobConsumer | undefined;
  const member = new RegisteredMember({
    ...common,
    host,
    registrar: new RedisWorkerRegistrar(link),
    registry: new RedisSessionRegistry(link),
    connection: link,
    heartbeatMs: options.heartbeatMs,
    leaseMs: options.leaseMs,
    open(worker) {
      consumer = createWorkerJobConsumer(worker.workerId, (job) => worker.runJob(job), common);
      link.onUp(() => consumer?.verify());
      shared?.start();
      consumer.start();
      link.open();
    },
    async close() {
      shared?.stop();
      await consumer?.close();
      link.close();
    },
  });
  return { member, token: shared ?? new GivenToken(options.token ?? "") };
}
