import {
  type ClusterMember,
  type ClusterOptions,
  createWorkerCluster,
  type MemberHost,
  type SessionFacts,
  type WorkerJob,
} from "@sandbox-system/cluster";
import { newRegistrationId, silentLogger, systemClock } from "@sandbox-system/contract";
import { FakeWorker } from "./fake-worker.js";
import { factsOf } from "./session-facts.js";
import { workerInfo } from "./worker-info.js";

/** A fake worker that is registered in a real Redis. */
export class RegisteredWorker {
  readonly member: ClusterMember;
  /** Jobs that came by its queue. */
  readonly jobs: WorkerJob[] = [];
  readonly #sessions = new Map<string, SessionFacts>();

  private constructor(
    readonly worker: FakeWorker,
    options: ClusterOptions,
  ) {
    const { member, token } = createWorkerCluster({
      ...{ options, logger: silentLogger, clock: systemClock },
      host: () => this.#host(),
    });
    this.member = member;
    worker.accepts = (candidate) => token.accepts(candidate);
    worker.room.activate = async (tenant, session, { generation }) => {
      const facts = factsOf(tenant, session, generation);
      await member.sessionOpened(facts);
      this.#sessions.set(facts.sessionId, facts);
      return true;
    };
  }

  /** Starts one; resolves when it is registered. */
  static async start(workerId: string, options: ClusterOptions): Promise<RegisteredWorker> {
    const registered = new RegisteredWorker(await FakeWorker.start({ workerId }), options);
    registered.member.start();
    await registered.member.registered;
    return registered;
  }

  /** Leaves the cluster with its sessions lost. */
  async stop(): Promise<void> {
    await this.member.withdraw();
    await this.worker.stop();
  }

  #host(): MemberHost {
    const { workerId, url } = this.worker;
    const registrationId = newRegistrationId();
    return {
      workerId,
      registrationId,
      // A pool that keeps less than it must, so that scaling has something to do.
      describe: () => workerInfo({ workerId, registrationId, url, poolTarget: 1, poolMin: 3 }),
      state: () => "active",
      url: () => url,
      ownedSessions: () => [...this.#sessions.values()],
      fenced: (sessionIds) => {
        for (const sessionId of sessionIds) this.#sessions.delete(sessionId);
        return Promise.resolve();
      },
      replaced: () => undefined,
      runJob: (job) => {
        this.jobs.push(job);
        return Promise.resolve();
      },
    };
  }
}
