import type { ClusterMember, MemberHost, WorkerJob, WorkerState } from "@sandbox-system/cluster";
import type { Logger } from "@sandbox-system/contract";
import type { SandboxService, SessionLedger } from "@sandbox-system/sandbox";
import type { WorkerPhase } from "../process/worker-phase.js";
import { machineLoad } from "./machine-load.js";

/** What {@link createMemberHost} speaks for. */
export interface MemberHostOptions {
  readonly service: SandboxService;
  readonly logger: Logger;
  readonly version: string;
  readonly maxFileBytes: number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly phase: () => WorkerPhase;
  /** Where coordinators reach this worker, given the address of its connection to Redis. */
  readonly url: (localAddress: string) => string;
  /** Another process has this worker's name now: this one must end. */
  readonly replaced: (reason: string) => void;
}

/** What the cluster asks of a worker, answered by its engine room. */
export function createMemberHost(options: MemberHostOptions): MemberHost {
  const { service, logger } = options;
  return {
    workerId: service.workerId,
    registrationId: service.registrationId,
    url: options.url,
    state: () => workerState(options),
    describe() {
      const { pool, poolTarget, poolMin, activeSessions, claims, createMs } = service.health();
      return {
        engineId: service.engine()?.id ?? "",
        pool,
        poolTarget,
        poolMin,
        activeSessions,
        claims,
        createMs: createMs ?? null,
        ...machineLoad(),
        maxFileBytes: options.maxFileBytes,
        startedAtMs: options.startedAtMs,
        version: options.version,
      };
    },
    ownedSessions: () => service.ownedSessions(),
    async fenced(sessionIds) {
      const gone = new Set(sessionIds);
      const fenced = service.ownedSessions().filter(({ sessionId }) => gone.has(sessionId));
      if (fenced.length > 0) logger.warn("cluster.fenced", { sessions: fenced.length });
      await Promise.all(
        fenced.map(({ sessionId, generation }) =>
          service.retireSession(sessionId, generation, "fenced"),
        ),
      );
    },
    replaced: options.replaced,
    runJob: (job) => runJob(service, job),
  };
}

async function runJob(service: SandboxService, job: WorkerJob): Promise<void> {
  switch (job.kind) {
    case "end-session":
      await service.retireSession(job.sessionId, job.generation, "expired");
      return;
    case "set-pool-target":
      if (job.registrationId === service.registrationId) service.setPoolTarget(job.target);
      return;
  }
}

function workerState({ service, phase }: MemberHostOptions): WorkerState {
  const { draining, engineConnected, serving } = service.health();
  if (draining || phase() === "draining") return "draining";
  if (phase() === "starting") return "starting";
  return engineConnected && serving ? "active" : "unavailable";
}

/** Tells the cluster of sessions as they come and go. */
export function createLedger(member: () => ClusterMember): SessionLedger {
  return {
    opened: (session) => member().sessionOpened(session),
    ended: (session, end) => {
      member().sessionEnded(session, end);
    },
  };
}
