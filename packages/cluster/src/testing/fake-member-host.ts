import type { WorkerJob } from "../jobs/worker-jobs.js";
import type { MemberHost, WorkerDescription } from "../membership/member-host.js";
import type { WorkerState } from "../membership/worker-info.js";
import type { SessionFacts } from "../registry/session-record.js";
import { testWorkerInfo } from "./worker-info.js";

/** A worker that holds what a test says, and remembers what it was told. */
export class FakeMemberHost implements MemberHost {
  workerState: WorkerState = "active";
  engineId = "engine-1";
  sessions: SessionFacts[] = [];
  readonly lostSessions: string[] = [];
  readonly reasons: string[] = [];
  readonly jobs: WorkerJob[] = [];
  /** Runs with each job, before it counts as done. */
  onJob: (job: WorkerJob) => Promise<void> = () => Promise.resolve();
  /** Runs while sessions are being let go of. */
  onFenced: () => Promise<void> = () => Promise.resolve();

  constructor(
    readonly workerId = "w1",
    readonly registrationId = "reg_1",
  ) {}

  describe(): WorkerDescription {
    // What else a worker's info has is overwritten by the member.
    return { ...testWorkerInfo(), engineId: this.engineId, activeSessions: this.sessions.length };
  }

  state(): WorkerState {
    return this.workerState;
  }

  url(localAddress: string): string {
    return `http://${localAddress}:5000`;
  }

  ownedSessions(): readonly SessionFacts[] {
    return this.sessions;
  }

  async fenced(sessionIds: readonly string[]): Promise<void> {
    await this.onFenced();
    this.lostSessions.push(...sessionIds);
    this.sessions = this.sessions.filter(({ sessionId }) => !sessionIds.includes(sessionId));
  }

  replaced(reason: string): void {
    this.reasons.push(reason);
  }

  async runJob(job: WorkerJob): Promise<void> {
    await this.onJob(job);
    this.jobs.push(job);
  }
}
