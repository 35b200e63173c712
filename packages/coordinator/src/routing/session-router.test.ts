import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newSessionId } from "@sandbox-system/contract";
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
  cluster.registryCalls.length = 0;
});

afterEach(() => cluster.close());

const run = (command: string, hooks = {}) =>
  coordinator.sessions.execute(address, { command }, hooks);

/** A command that runs until it is killed; resolves when it has started. */
function longCommand(): Promise<void> {
  return new Promise((resolve) => {
    worker.room.inner.script("long", async ({ killed }) => {
      resolve();
      await killed;
      return {};
    });
  });
}

describe("a session whose route is known", () => {
  it("is reached without asking the registry", async () => {
    await run("a");
    expect(cluster.registryCalls).toEqual(["find"]);
    await run("b");
    await coordinator.sessions.getSession(address);
    expect(cluster.registryCalls).toEqual(["find"]);
    cluster.registry.available = false;
    await run("c");
    expect(worker.room.inner.started.map(({ command }) => command)).toEqual(["a", "b", "c"]);
    expect(coordinator.counters.of("ok")).toBe(4);
  });

  it("does not exist for another tenant", async () => {
    await run("a");
    const theirs = { ...address, tenant: "other" };
    const error = await failureOf(coordinator.sessions.getSession(theirs));
    expect(error).toMatchObject({
      code: "SESSION_NOT_FOUND",
      message: "There is no such session: it was never created, or was closed. Create it to go on.",
    });
    expect(worker.requests.at(-1)?.url).toContain("/exec");
  });
});

describe("a session whose route is not known", () => {
  it("is found by one read", async () => {
    expect(await coordinator.sessions.getSession(address)).toMatchObject(
      expect.objectContaining({ sessionId: address.sessionId }),
    );
    expect(cluster.registryCalls).toEqual(["find"]);
  });

  it.each([
    ["expired", "SESSION_EXPIRED"],
    ["lost", "SESSION_LOST"],
    ["closed", "SESSION_NOT_FOUND"],
  ] as const)("that has %s is answered %s without asking a worker", async (end, code) => {
    await cluster.registry.end({ ...address, generation: 1 }, end);
    const before = worker.requests.length;
    expect(await failureOf(run("a"))).toMatchObject({ code });
    expect(worker.requests).toHaveLength(before);
  });

  it.each([newSessionId(), "rubbish"])("%s is unknown", async (sessionId) => {
    const error = await failureOf(coordinator.sessions.getSession({ tenant: TENANT, sessionId }));
    expect(error).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("of another tenant is not there", async () => {
    const theirs = { ...address, tenant: "other" };
    expect(await failureOf(coordinator.sessions.listFiles(theirs))).toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  it("cannot be found while the registry is away", async () => {
    cluster.registry.available = false;
    expect(await failureOf(run("a"))).toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
  });
});

describe("a worker that does not hold the session", () => {
  it("has the last word when the registry knows nothing else", async () => {
    await run("a");
    worker.room.end(address.sessionId, "SESSION_EXPIRED");
    expect(await failureOf(run("b"))).toMatchObject({ code: "SESSION_EXPIRED" });
    expect(cluster.registryCalls).toEqual(["find", "find"]);
    expect(coordinator.cache.get(address.sessionId)).toBeUndefined();
    expect(coordinator.counters.of("absent")).toBe(1);
  });

  it("is passed over once when the registry names another generation", async () => {
    await run("a");
    const other = await cluster.addWorker("w2");
    await cluster.moveSession(address.sessionId, worker, other);
    await run("b");
    expect(other.room.inner.started.map(({ command }) => command)).toEqual(["b"]);
    expect(coordinator.counters.of("rerouted")).toBe(1);
    expect(coordinator.cache.get(address.sessionId)).toMatchObject({ workerId: "w2" });
  });

  it("is not passed over twice", async () => {
    await run("a");
    const other = await cluster.addWorker("w2");
    await cluster.moveSession(address.sessionId, worker, other);
    other.room.clear();
    expect(await failureOf(run("b"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(coordinator.counters.of("rerouted")).toBe(1);
  });

  it("may have forgotten why it ended; the registry has not", async () => {
    await run("a");
    worker.room.clear();
    await cluster.registry.end({ ...address, generation: 1 }, "lost");
    expect(await failureOf(run("b"))).toMatchObject({ code: "SESSION_LOST" });
  });

  it("is believed while the registry is away", async () => {
    await run("a");
    worker.room.clear();
    cluster.registry.available = false;
    expect(await failureOf(run("b"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

describe("a worker that restarts", () => {
  it.each(["refuses connections", "says that it is draining"])(
    "and %s has its calls held until it is back",
    async (how) => {
      if (how === "refuses connections") await worker.stop();
      else
        worker.intercept = (_request, response) => {
          response.writeHead(503, { "Content-Type": "application/json" });
          response.end('{"error":"Stopping.","code":"DRAINING","request_id":"r"}');
          return true;
        };
      const call = run("a");
      await settle(() => coordinator.holds.held === 1);
      cluster.directory.set(workerInfo({ url: worker.url, state: "restarting" }));
      worker.intercept = () => false;
      if (how === "refuses connections") await worker.listen();
      cluster.directory.set(workerInfo({ url: worker.url, registrationId: "reg_next" }));
      expect(await call).toMatchObject({ exitCode: 127 });
      expect(worker.room.inner.started).toHaveLength(1);
      expect(coordinator.holds.held).toBe(0);
      expect(coordinator.holds.total).toBe(1);
    },
  );

  it("is tried again after a moment when the directory says nothing", async () => {
    await worker.stop();
    const call = coordinator.sessions.listFiles(address);
    await settle(() => coordinator.holds.held === 1 && coordinator.clock.pending === 1);
    await worker.listen();
    coordinator.clock.advance(100);
    expect(await call).toMatchObject({ totalFiles: 0 });
  });

  it("and says that its engine is away while it starts has its calls held", async () => {
    cluster.directory.set(workerInfo({ url: worker.url, state: "starting" }));
    let refusals = 0;
    worker.intercept = (_request, response) => {
      refusals += 1;
      response.writeHead(503, { "Content-Type": "application/json" });
      response.end('{"error":"Starting.","code":"ENGINE_UNAVAILABLE","request_id":"r"}');
      return true;
    };
    const call = run("a");
    await settle(() => refusals === 1 && coordinator.holds.held === 1);
    worker.intercept = () => false;
    cluster.directory.set(workerInfo({ url: worker.url }));
    expect(await call).toMatchObject({ exitCode: 127 });
  });

  it("and does not come back is unreachable after 20 s", async () => {
    await worker.stop();
    const failure = failureOf(run("a"));
    await settle(() => coordinator.holds.held === 1);
    const heldAtMs = coordinator.clock.now();
    while (coordinator.holds.held === 1) {
      coordinator.clock.advance(100);
      await new Promise(setImmediate);
    }
    expect(await failure).toMatchObject({ code: "WORKER_UNREACHABLE", retryAfterSeconds: 1 });
    expect(coordinator.clock.now() - heldAtMs).toBeGreaterThanOrEqual(20_000);
    expect(worker.room.inner.started).toEqual([]);
  });

  it("holds no more calls than there is room for", async () => {
    const small = cluster.addCoordinator({ maxHeld: 1 });
    await worker.stop();
    const first = failureOf(small.sessions.listFiles(address));
    await settle(() => small.holds.held === 1);
    expect(await failureOf(small.sessions.listFiles(address))).toMatchObject({
      code: "WORKER_UNREACHABLE",
    });
    cluster.lose("w1");
    await first;
  });

  it("lets go of a held call whose caller leaves", async () => {
    await worker.stop();
    const abort = new AbortController();
    const failure = failureOf(run("a", { signal: abort.signal }));
    await settle(() => coordinator.holds.held === 1);
    abort.abort();
    expect(await failure).toMatchObject({ code: "OPERATION_ABORTED" });
    expect(coordinator.holds.held).toBe(0);
  });
});

describe("a worker whose lease has run out", () => {
  it("has lost its sessions", async () => {
    await run("a");
    cluster.lose("w1");
    expect(await failureOf(run("b"))).toMatchObject({ code: "SESSION_LOST" });
    expect(await cluster.recordOf(address.sessionId)).toMatchObject({
      state: "ended",
      end: "lost",
    });
  });

  it("is waited for when the registry says that it lives", async () => {
    cluster.directory.lose("w1");
    const call = run("a");
    await settle(() => coordinator.holds.held === 1);
    cluster.directory.set(workerInfo({ url: worker.url }));
    expect(await call).toMatchObject({ exitCode: 127 });
  });

  it("ends a held call as soon as it is known", async () => {
    await worker.stop();
    const failure = failureOf(run("a"));
    await settle(() => coordinator.holds.held === 1);
    cluster.lose("w1");
    expect(await failure).toMatchObject({ code: "SESSION_LOST" });
  });

  it("interrupts a command under way: whether it ran is unknown, and its connection is cut", async () => {
    const started = longCommand();
    const failure = failureOf(run("long"));
    await started;
    cluster.lose("w1");
    expect(await failure).toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });
    expect(worker.room.inner.started).toHaveLength(1);
    expect(coordinator.counters.of("interrupted")).toBe(1);
    await settle(() => worker.connections === 0);
  });

  it("turns a reading under way into a lost session", async () => {
    const asked = new Promise<void>((resolve) => {
      worker.intercept = () => {
        resolve();
        return true;
      };
    });
    const failure = failureOf(coordinator.sessions.listFiles(address));
    await asked;
    cluster.lose("w1");
    expect(await failure).toMatchObject({ code: "SESSION_LOST" });
  });

  it("breaks a download under way", async () => {
    worker.intercept = (_request, response) => {
      response.writeHead(200, { "Content-Length": "10" });
      response.write("half ");
      return true;
    };
    const { content } = await coordinator.sessions.readFile({ ...address, path: "f" }, undefined);
    const failure = failureOf(text(content));
    cluster.lose("w1");
    expect(await failure).toBeInstanceOf(Error);
    expect(content.destroyed).toBe(true);
  });

  it("cannot be told while the registry is away", async () => {
    await run("a");
    cluster.directory.lose("w1");
    cluster.registry.available = false;
    expect(await failureOf(run("b"))).toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
  });

  it("whose session has moved meanwhile is passed over", async () => {
    await run("a");
    const other = await cluster.addWorker("w2");
    await cluster.moveSession(address.sessionId, worker, other);
    cluster.directory.lose("w1");
    expect(await run("b")).toMatchObject({ exitCode: 127 });
    expect(other.room.inner.started).toHaveLength(1);
  });
});

it("a command sent to a former boot is interrupted a second after the next has registered", async () => {
  const started = longCommand();
  const failure = failureOf(run("long"));
  await started;
  cluster.directory.set(workerInfo({ url: worker.url, registrationId: "reg_next" }));
  coordinator.clock.advance(1000);
  expect(await failure).toMatchObject({ code: "OPERATION_INTERRUPTED" });
});

describe("a connection that breaks after the call was sent", () => {
  const cutOnce = (): { cut: number } => {
    const count = { cut: 0 };
    worker.intercept = (_request, response) => {
      if (count.cut > 0) return false;
      count.cut += 1;
      response.socket?.resetAndDestroy();
      return true;
    };
    return count;
  };

  it.each([
    ["execute", () => run("a")],
    ["removeFile", () => coordinator.sessions.removeFile({ ...address, path: "f" })],
    [
      "writeFile",
      () => coordinator.sessions.writeFile({ ...address, path: "f" }, Buffer.from("x"), 1),
    ],
  ])("interrupts %s, which is never sent again", async (_name, call) => {
    cutOnce();
    const before = worker.requests.length;
    expect(await failureOf(call())).toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });
    expect(worker.requests).toHaveLength(before + 1);
  });

  it.each([
    ["getSession", () => coordinator.sessions.getSession(address)],
    ["listFiles", () => coordinator.sessions.listFiles(address)],
    ["endSession", () => coordinator.sessions.endSession(address)],
  ])("is made good for %s, which is sent again", async (_name, call) => {
    const count = cutOnce();
    const done = call();
    await settle(() => coordinator.holds.held === 1 && coordinator.clock.pending === 1);
    coordinator.clock.advance(100);
    await done;
    expect(count.cut).toBe(1);
  });
});

describe("endSession", () => {
  it("ends it on its worker, and again does nothing", async () => {
    await coordinator.sessions.endSession(address);
    expect(worker.room.sessionIds).toEqual([]);
    await coordinator.sessions.endSession(address);
  });

  it("ends it in the registry when its worker is gone", async () => {
    cluster.lose("w1");
    await coordinator.sessions.endSession(address);
    expect(await cluster.recordOf(address.sessionId)).toMatchObject({
      state: "ended",
      end: "closed",
    });
  });

  it("does nothing to what is not there or another tenant's", async () => {
    await coordinator.sessions.endSession({ tenant: TENANT, sessionId: newSessionId() });
    await coordinator.sessions.endSession({ ...address, tenant: "other" });
    expect(worker.room.sessionIds).toEqual([address.sessionId]);
  });
});
