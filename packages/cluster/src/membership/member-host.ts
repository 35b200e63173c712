import type { SessionFacts } from "../registry/session-record.js";
import type { WorkerJob } from "../jobs/worker-jobs.js";
import type { WorkerInfo, WorkerState } from "./worker-info.js";

/** What a worker says of itself beside its name, its address and its state. */
export type WorkerDescription = Omit<WorkerInfo, "workerId" | "registrationId" | "url" | "state">;

/** The worker that a member speaks for. */
export interface MemberHost {
  readonly workerId: string;
  /** This boot of it. */
  readonly registrationId: string;
  /** `engineId` is "" as long as the engine is not known; such a worker takes nobody's name over. */
  describe(): WorkerDescription;
  /** As long as it is `starting`, what it owns is not asked for: its predecessor's sandboxes are still being taken over. */
  state(): WorkerState;
  /** Where coordinators reach it, given the address of this machine that Redis sees. */
  url(localAddress: string): string;
  ownedSessions(): readonly SessionFacts[];
  /** These sessions are somebody else's by now, or over: let go of them and tell nobody. Resolves when nobody can reach them here any more. */
  fenced(sessionIds: readonly string[]): Promise<void>;
  /** Another process has this worker's name: this one must end. `reason` is a sentence for its operator. */
  replaced(reason: string): void;
  /** Rejects when it should be tried again. */
  runJob(job: WorkerJob): Promise<void>;
}
