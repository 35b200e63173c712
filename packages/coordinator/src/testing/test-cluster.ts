import { type Clock, newSessionId, type SessionRequest } from "@sandbox-system/contract";
import { FakeClock } from "@sandbox-system/contract/testing";
import type { SessionRecord, WorkerInfo } from "@sandbox-system/cluster";
import { MemorySessionRegistry, MemoryWorkerDirectory } from "@sandbox-system/cluster/testing";
import { FakeWorker } from "./fake-worker.js";
import { factsOf } from "./session-facts.js";
import { recordCalls } from "./record-calls.js";
import { TestCoordinator, type TestCoordinatorOptions } from "./test-coordinator.js";
import { workerInfo } from "./worker-info.js";

/** Tenant of tests that have only one. */
export const TENANT = "acme";

/** What a worker of a test cluster may be given. */
export interface AddedWorker extends Partial<WorkerInfo> {
  /** Time of its sessions. */
  readonly clock?: Clock;
}

/** Workers, a registry and a directory, and coordinators over them. */
export class TestCluster {
  readonly clock = new FakeClock();
  readonly registry = new MemorySessionRegistry(this.clock);
  /** Names of the registry's methods that coordinators called, in order. */
  readonly registryCalls: string[];
  readonly directory = new MemoryWorkerDirectory(this.clock);
  readonly workers: FakeWorker[] = [];
  readonly #coordinators: TestCoordinator[] = [];
  readonly #recorded: MemorySessionRegistry;

  constructor() {
    const { object, calls } = recordCalls(this.registry);
    this.#recorded = object;
    this.registryCalls = calls;
  }

  /** Starts a worker and registers it. */
  async addWorker(workerId: string, given: AddedWorker = {}): Promise<FakeWorker> {
    const { clock, ...info } = given;
    const worker = await FakeWorker.start({
      workerId,
      ...(info.maxFileBytes === undefined ? {} : { maxFileBytes: info.maxFileBytes }),
      ...(clock === undefined ? {} : { clock }),
    });
    const owner = ownerOf(worker);
    worker.room.activate = (tenant, session, { generation }) =>
      this.registry.activate(factsOf(tenant, session, generation), owner);
    this.workers.push(worker);
    this.registry.register(owner);
    this.directory.set(workerInfo({ workerId, url: worker.url, ...info }));
    return worker;
  }

  addCoordinator(options: TestCoordinatorOptions = {}): TestCoordinator {
    const coordinator = new TestCoordinator(this.#recorded, this.directory, options);
    this.#coordinators.push(coordinator);
    return coordinator;
  }

  /** A session that a worker holds and the registry knows. */
  async addSession(worker: FakeWorker, given: Partial<SessionRequest> & { tenant?: string } = {}) {
    const { tenant = TENANT, ...rest } = given;
    const sessionId = newSessionId();
    const request = { userId: "u", threadId: sessionId, ...rest };
    const { workerId } = worker;
    await this.registry.claimThread({ ...request, tenant, sessionId, workerId });
    await worker.room.openSession(tenant, request, { sessionId, generation: 1, create: true });
    return { tenant, sessionId };
  }

  /** Another worker holds the session by now, in its second generation; its first worker has forgotten it. */
  async moveSession(sessionId: string, from: FakeWorker, to: FakeWorker): Promise<void> {
    const record = await this.recordOf(sessionId);
    from.room.clear();
    await this.registry.restore(ownerOf(to), [{ ...record, generation: 2 }]);
    await to.room.openSession(record.tenant, record, { sessionId, generation: 2, create: true });
  }

  /** What the registry has on a session. */
  async recordOf(sessionId: string): Promise<SessionRecord> {
    const record = await this.registry.find(sessionId);
    if (record === undefined) throw new Error("The registry does not know this session");
    return record;
  }

  /** A worker's lease runs out. */
  lose(workerId: string): void {
    this.registry.loseLease(workerId);
    this.directory.lose(workerId);
  }

  async close(): Promise<void> {
    await Promise.all(this.#coordinators.map((coordinator) => coordinator.close()));
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}

function ownerOf({ workerId }: FakeWorker) {
  return { workerId, registrationId: `reg_${workerId}` };
}
