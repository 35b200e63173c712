import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { SessionInfo } from "@sandbox-system/contract";
import type { FakeWorker } from "../testing/fake-worker.js";
import { failureOf, settle } from "../testing/outcomes.js";
import { TENANT, TestCluster } from "../testing/test-cluster.js";
import type { TestCoordinator } from "../testing/test-coordinator.js";
import { workerInfo } from "../testing/worker-info.js";

let cluster: TestCluster;
let coordinator: TestCoordinator;
let worker: FakeWorker;

beforeEach(async () => {
  cluster = new TestCluster();
  coordinator = cluster.addCoordinator();
  // The most warm sandboxes, so it is asked first.
  worker = await cluster.addWorker("w1", {
    pool: { available: 9, allocated: 0, total: 9, max_capacity: 10 },
  });
});

afterEach(() => cluster.close());

const create = (threadId = "t1", from = coordinator): Promise<SessionInfo> =>
  from.sandboxes.getOrCreateSession(TENANT, { userId: "u", threadId, metadata: { a: "b" } });

describe("get or create", () => {
  it("makes a session once and finds it again", async () => {
    const made = await create();
    expect(made).toMatchObject({ status: "created", workerId: "w1", metadata: { a: "b" } });
    expect(await create()).toMatchObject({ status: "existing", sessionId: made.sessionId });
    expect(await cluster.recordOf(made.sessionId)).toMatchObject({ state: "active" });
    expect(coordinator.placements.of("created")).toBe(1);
    expect(coordinator.placements.of("existing")).toBe(1);
  });

  it("makes one session a thread, however many ask through however many coordinators", async () => {
    const pool = { available: 9, allocated: 0, total: 9, max_capacity: 200 };
    cluster.directory.set(workerInfo({ url: worker.url, pool }));
    await cluster.addWorker("w2", { pool });
    const other = cluster.addCoordinator();
    const threads = Array.from({ length: 50 }, (_, index) => `thread-${String(index)}`);
    const calls = threads.flatMap((threadId) =>
      [coordinator, other, other, other].map((from) => create(threadId, from)),
    );
    const sessions = await Promise.all(calls);
    for (const threadId of threads) {
      const ofThread = sessions.filter((session) => session.threadId === threadId);
      expect(new Set(ofThread.map(({ sessionId }) => sessionId)).size).toBe(1);
      expect(ofThread.map(({ status }) => status).sort()).toEqual([
        "created",
        "existing",
        "existing",
        "existing",
      ]);
    }
    expect(cluster.workers.reduce((sum, { room }) => sum + room.made, 0)).toBe(50);
    // Placements spread by what was promised, not by the heartbeats alone.
    expect(cluster.workers.every(({ room }) => room.made >= 10)).toBe(true);
  });

  it("keeps tenants apart", async () => {
    const mine = await create();
    const theirs = await coordinator.sandboxes.getOrCreateSession("other", {
      userId: "u",
      threadId: "t1",
    });
    expect(theirs).toMatchObject({ status: "created" });
    expect(theirs.sessionId).not.toBe(mine.sessionId);
  });

  it("makes a new one after its session has expired on its worker", async () => {
    const first = await create();
    worker.room.end(first.sessionId, "SESSION_EXPIRED");
    const second = await create();
    expect(second).toMatchObject({ status: "created" });
    expect(second.sessionId).not.toBe(first.sessionId);
    expect(await cluster.recordOf(first.sessionId)).toMatchObject({ end: "expired" });
    expect(coordinator.cache.get(first.sessionId)).toBeUndefined();
  });

  it("makes a new one after its worker was lost", async () => {
    const first = await create();
    const other = await cluster.addWorker("w2");
    cluster.lose("w1");
    const second = await create();
    expect(second).toMatchObject({ status: "created", workerId: "w2" });
    expect(other.room.made).toBe(1);
    expect(await cluster.recordOf(first.sessionId)).toMatchObject({ end: "lost" });
  });

  it("waits for a worker that restarts when the thread has its session there", async () => {
    const made = await create();
    await worker.stop();
    cluster.directory.set(workerInfo({ url: worker.url, state: "restarting" }));
    await cluster.addWorker("w2");
    const again = create();
    await settle(() => coordinator.holds.held === 1);
    await worker.listen();
    cluster.directory.set(workerInfo({ url: worker.url }));
    expect(await again).toMatchObject({ status: "existing", sessionId: made.sessionId });
  });
});

describe("a worker that cannot take the session", () => {
  it.each(["POOL_EXHAUSTED", "DRAINING", "ENGINE_UNAVAILABLE"] as const)(
    "(%s) is followed by the next, in the next generation",
    async (code) => {
      worker.room.refuse = code;
      const other = await cluster.addWorker("w2");
      const made = await create();
      expect(made).toMatchObject({ status: "created", workerId: "w2" });
      expect(await cluster.recordOf(made.sessionId)).toMatchObject({ generation: 2 });
      expect(other.room.made).toBe(1);
      expect(coordinator.placements.of("moved")).toBe(1);
    },
  );

  it("(away) is followed by the next without waiting for it", async () => {
    await cluster.addWorker("w2");
    await worker.stop();
    expect(await create()).toMatchObject({ status: "created", workerId: "w2" });
    expect(coordinator.holds.total).toBe(0);
  });

  it("and too slow to answer is fenced off: its session never surfaces", async () => {
    const other = await cluster.addWorker("w2");
    let goOn = (): void => undefined;
    worker.room.creating = new Promise((resolve) => (goOn = resolve));
    const call = create();
    await settle(() => worker.requests.length === 1);
    coordinator.clock.advance(45_000);
    const made = await call;
    expect(made).toMatchObject({ status: "created", workerId: "w2" });
    goOn();
    const refused = new Promise<void>((resolve) => {
      const activate = worker.room.activate;
      worker.room.activate = async (...args) => {
        const allowed = await activate(...args);
        expect(allowed).toBe(false);
        resolve();
        return allowed;
      };
    });
    await refused;
    expect(worker.room.sessionIds).toEqual([]);
    expect(other.room.sessionIds).toEqual([made.sessionId]);
    expect(await create()).toMatchObject({ status: "existing", workerId: "w2" });
  });

  it("that made it although its answer was lost is found again", async () => {
    await cluster.addWorker("w2");
    let cut = 0;
    const activate = worker.room.activate;
    worker.room.activate = async (...args) => {
      const allowed = await activate(...args);
      cut += 1;
      worker.requests.at(-1)?.socket.resetAndDestroy();
      return allowed;
    };
    expect(await create()).toMatchObject({ status: "existing", workerId: "w1" });
    expect(cut).toBe(1);
  });

  it("and whose error has nothing to do with it ends the placement", async () => {
    await cluster.addWorker("w2");
    worker.room.refuse = "INVALID_REQUEST";
    expect(await failureOf(create())).toMatchObject({ code: "INVALID_REQUEST" });
    expect(await cluster.registry.findThread(TENANT, "t1")).toBeUndefined();
  });

  it("is one of three at most; the error that tells most is given, and the thread is free", async () => {
    const codes = ["DRAINING", "POOL_EXHAUSTED", "ENGINE_UNAVAILABLE"] as const;
    worker.room.refuse = "DRAINING";
    for (const [index, code] of codes.entries()) {
      const next = await cluster.addWorker(`x${String(index)}`);
      next.room.refuse = code;
    }
    const error = await failureOf(create());
    expect(["POOL_EXHAUSTED", "ENGINE_UNAVAILABLE"]).toContain((error as { code: string }).code);
    const asked = cluster.workers.filter(({ requests }) => requests.length > 0);
    expect(asked).toHaveLength(3);
    expect(await cluster.registry.findThread(TENANT, "t1")).toBeUndefined();
    expect(coordinator.placements.of("failed")).toBe(1);
  });

  it("is the same for two callers: neither gets a session that the other does not", async () => {
    const other = cluster.addCoordinator();
    worker.room.refuse = "POOL_EXHAUSTED";
    await cluster.addWorker("w2");
    const [one, two] = await Promise.all([create(), create("t1", other)]);
    expect(one.sessionId).toBe(two.sessionId);
    expect([one.status, two.status].sort()).toEqual(["created", "existing"]);
  });
});

describe("no worker", () => {
  it("can take a session: the caller may try again", async () => {
    cluster.directory.set(workerInfo({ url: worker.url, state: "draining" }));
    expect(await failureOf(create())).toMatchObject({
      code: "NO_WORKERS_AVAILABLE",
      retryAfterSeconds: 1,
    });
  });

  it("is needed for a thread that has its session", async () => {
    const made = await create();
    cluster.directory.set(workerInfo({ url: worker.url, state: "draining" }));
    expect(await create()).toMatchObject({ status: "existing", sessionId: made.sessionId });
  });

  it("has room by its last heartbeat: the worker itself has the last word", async () => {
    const pool = { available: 0, allocated: 10, total: 10, max_capacity: 10 };
    cluster.directory.set(workerInfo({ url: worker.url, pool }));
    expect(await create()).toMatchObject({ status: "created" });
    worker.room.refuse = "POOL_EXHAUSTED";
    expect(await failureOf(create("t2"))).toMatchObject({ code: "POOL_EXHAUSTED" });
  });
});

describe("while the registry is away", () => {
  it("a thread whose session is known and confirmed is served", async () => {
    const made = await create();
    cluster.registry.available = false;
    expect(await create()).toMatchObject({ status: "existing", sessionId: made.sessionId });
    expect(await coordinator.sandboxes.findSession(TENANT, "t1")).toMatchObject({
      sessionId: made.sessionId,
    });
  });

  it("any other is not", async () => {
    const made = await create();
    cluster.registry.available = false;
    expect(await failureOf(create("t2"))).toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
    const call = coordinator.sandboxes.findSession(TENANT, "t2");
    expect(await failureOf(call)).toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
    worker.room.end(made.sessionId, "SESSION_EXPIRED");
    expect(await failureOf(create())).toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
  });
});
