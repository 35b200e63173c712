import { afterEach, beforeEach, expect, it } from "@jest/globals";
import type { FakeWorker } from "../testing/fake-worker.js";
import { failureOf, settle } from "../testing/outcomes.js";
import { TENANT, TestCluster } from "../testing/test-cluster.js";
import type { TestCoordinator } from "../testing/test-coordinator.js";
import { workerInfo } from "../testing/worker-info.js";

let cluster: TestCluster;
let coordinator: TestCoordinator;
let worker: FakeWorker;
let address: { tenant: string; sessionId: string };

beforeEach(async () => {
  cluster = new TestCluster();
  coordinator = cluster.addCoordinator();
  worker = await cluster.addWorker("w1");
  address = await cluster.addSession(worker);
});

afterEach(() => cluster.close());

/** Time passes until the breaker has opened. */
async function untilOpen(): Promise<void> {
  while (coordinator.lines.openBreakers === 0) {
    coordinator.clock.advance(100);
    await new Promise(setImmediate);
  }
}

it("a worker that stays away is not called any more: calls to its sessions fail at once, new sessions go elsewhere", async () => {
  await worker.stop();
  const held = failureOf(coordinator.sessions.listFiles(address));
  await settle(() => coordinator.holds.held === 1);
  await untilOpen();
  expect(
    await failureOf(coordinator.sessions.execute(address, { command: "a" }, {})),
  ).toMatchObject({ code: "WORKER_UNREACHABLE", retryAfterSeconds: 1 });
  const other = await cluster.addWorker("w2", {
    pool: { available: 0, allocated: 3, total: 3, max_capacity: 10 },
  });
  const request = { userId: "u", threadId: "t" };
  expect(await coordinator.sandboxes.getOrCreateSession(TENANT, request)).toMatchObject({
    workerId: "w2",
  });
  expect(other.room.made).toBe(1);
  expect(coordinator.logger.events()).toContain("worker.unreachable");
  cluster.lose("w1");
  await held;
});

it("a new boot of the worker is called at once", async () => {
  await worker.stop();
  const held = coordinator.sessions.listFiles(address);
  await settle(() => coordinator.holds.held === 1);
  await untilOpen();
  await worker.listen();
  cluster.directory.set(workerInfo({ url: worker.url, registrationId: "reg_next" }));
  expect(await held).toMatchObject({ totalFiles: 0 });
  expect(await coordinator.sessions.getSession(address)).toMatchObject(
    expect.objectContaining({ sessionId: address.sessionId }),
  );
  expect(coordinator.lines.openBreakers).toBe(0);
});

it("a worker that is about to be followed by another boot is not blamed for being away", async () => {
  await worker.stop();
  cluster.directory.set(workerInfo({ url: worker.url, state: "restarting" }));
  const held = failureOf(coordinator.sessions.listFiles(address));
  await settle(() => coordinator.holds.held === 1);
  while (coordinator.holds.held === 1) {
    coordinator.clock.advance(100);
    await new Promise(setImmediate);
  }
  await held;
  expect(coordinator.lines.openBreakers).toBe(0);
});

it("control calls that take too long count, commands that take long do not", async () => {
  worker.intercept = () => true;
  const calls = Array.from({ length: 6 }, () =>
    failureOf(coordinator.sessions.execute(address, { command: "a", timeoutMs: 1000 }, {})),
  );
  await settle(() => worker.requests.length === 6);
  coordinator.clock.advance(60_000);
  expect(await Promise.all(calls)).toMatchObject(
    calls.map(() => ({ code: "OPERATION_INTERRUPTED" })),
  );
  expect(coordinator.lines.openBreakers).toBe(0);

  const asked = worker.requests.length;
  const reads = Array.from({ length: 5 }, () =>
    failureOf(coordinator.sessions.getSession(address)),
  );
  await settle(() => worker.requests.length === asked + 5);
  await untilOpen();
  cluster.lose("w1");
  await Promise.all(reads);
});
