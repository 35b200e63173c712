import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { failureOf, settle } from "./testing/outcomes.js";
import { TENANT, TestCluster } from "./testing/test-cluster.js";
import type { TestCoordinator } from "./testing/test-coordinator.js";

let cluster: TestCluster;
let coordinator: TestCoordinator;

beforeEach(() => {
  cluster = new TestCluster();
  coordinator = cluster.addCoordinator();
});

afterEach(() => cluster.close());

describe("listSessions", () => {
  /** Sessions on three workers, at interleaved times; ids in the order of a list. */
  async function fill(count: number): Promise<string[]> {
    const clock = new FakeClock();
    for (const name of ["w1", "w2", "w3"]) await cluster.addWorker(name, { clock });
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const userId = index % 2 === 0 ? "even" : "odd";
      const { sessionId } = await cluster.addSession(cluster.workers[index % 3]!, { userId });
      ids.unshift(sessionId);
      // Every other one shares its moment with the next, so that ids decide as well.
      clock.advance(index % 2);
    }
    return ids;
  }

  async function pages(limit: number, query = {}): Promise<string[][]> {
    const all: string[][] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await coordinator.sandboxes.listSessions(TENANT, {
        ...query,
        limit,
        cursor: cursor ?? undefined,
      });
      all.push(page.sessions.map(({ sessionId }) => sessionId));
      cursor = page.nextCursor;
    }
    return all;
  }

  it("merges the workers' lists page by page, each session once, newest first", async () => {
    const ids = await fill(20);
    expect(await pages(6)).toEqual([
      ids.slice(0, 6),
      ids.slice(6, 12),
      ids.slice(12, 18),
      ids.slice(18),
    ]);
    expect(await pages(20)).toEqual([ids]);
    expect((await pages(3)).flat()).toEqual(ids);
  });

  it("passes filters on and keeps tenants apart", async () => {
    const ids = await fill(6);
    expect(await pages(100, { userId: "odd" })).toEqual([[ids[0], ids[2], ids[4]]]);
    expect(await coordinator.sandboxes.listSessions("other", {})).toEqual({
      sessions: [],
      nextCursor: null,
    });
  });

  it("hides nothing: a worker that cannot be asked fails the list", async () => {
    await fill(3);
    await cluster.workers[1]!.stop();
    const failure = failureOf(coordinator.sandboxes.listSessions(TENANT, {}));
    await settle(() => coordinator.holds.held === 1);
    while (coordinator.holds.held === 1) {
      coordinator.clock.advance(1000);
      await new Promise(setImmediate);
    }
    expect(await failure).toMatchObject({ code: "WORKER_UNREACHABLE" });
  });

  it("leaves out a worker whose lease runs out meanwhile: its sessions are lost", async () => {
    const ids = await fill(3);
    await cluster.workers[1]!.stop();
    const page = coordinator.sandboxes.listSessions(TENANT, {});
    await settle(() => coordinator.holds.held === 1);
    cluster.lose("w2");
    expect((await page).sessions.map(({ sessionId }) => sessionId)).toEqual([ids[0], ids[2]]);
  });

  it("of a thread asks its worker alone", async () => {
    await fill(3);
    const { sessionId } = await cluster.addSession(cluster.workers[2]!, { threadId: "t" });
    const list = (query = {}) =>
      coordinator.sandboxes.listSessions(TENANT, { threadId: "t", ...query });
    expect((await list()).sessions).toMatchObject([{ sessionId }]);
    expect((await list({ userId: "u" })).sessions).toHaveLength(1);
    expect((await list({ userId: "somebody else" })).sessions).toEqual([]);
    expect((await list({ threadId: "none" })).sessions).toEqual([]);
    expect(cluster.workers[0]!.requests).toEqual([]);
  });
});

describe("findSession", () => {
  it("finds what its worker confirms", async () => {
    const worker = await cluster.addWorker("w1");
    const { sessionId } = await cluster.addSession(worker, { threadId: "t" });
    expect(await coordinator.sandboxes.findSession(TENANT, "t")).toMatchObject({ sessionId });
    expect(await coordinator.sandboxes.findSession("other", "t")).toBeUndefined();
    worker.room.end(sessionId, "SESSION_LOST");
    expect(await coordinator.sandboxes.findSession(TENANT, "t")).toBeUndefined();
  });

  it("finds nothing while the session is being made", async () => {
    await cluster.addWorker("w1");
    await cluster.registry.claimThread({
      ...{ tenant: TENANT, threadId: "t", userId: "u", sessionId: "s", workerId: "w1" },
    });
    expect(await coordinator.sandboxes.findSession(TENANT, "t")).toBeUndefined();
  });
});
