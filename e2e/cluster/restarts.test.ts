import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { WorkerBody } from "@sandbox-system/contract";
import { until } from "@sandbox-system/service/testing";
import { CallLedger } from "./call-ledger.js";
import { converse, converseAll, countRunning, Load } from "./conversations.js";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(180_000);

let cluster: TestCluster;
let ledger: CallLedger;

beforeEach(async () => {
  cluster = new TestCluster({ workers: 2, coordinators: 1 });
  ledger = new CallLedger();
  await cluster.start();
});

afterEach(() => cluster.cleanUp());

describe("a rolling restart of all workers under load", () => {
  it("fails no command and loses no file", async () => {
    const clients = await converseAll(cluster.url(), 8);
    expect(new Set(clients.map(({ session }) => session!.workerId)).size).toBe(2);
    const load = new Load(ledger, clients);
    for (const worker of cluster.workers) {
      await load.more(30);
      expect(await worker.end("SIGTERM")).toEqual({ code: 0, signal: null });
      await worker.start(cluster.env);
    }
    await load.more(30);
    await load.stop();
    expect(ledger.codes).toEqual({});
    expect(ledger.count("ok")).toBe(ledger.calls.length);
    for (const client of clients) expect(await ledger.faults(client)).toEqual([]);
  });
});

describe("SIGTERM", () => {
  it("lets what runs finish, and takes no new session meanwhile", async () => {
    const client = await converse(cluster.url());
    const { workerId } = client.session!;
    const worker = cluster.worker(workerId);
    const longCalls = Array.from({ length: 4 }, () => ledger.call(client, { delay: "2" }));
    await until(async () => (await countRunning(client, "sleep")) === 4);
    const ended = worker.end("SIGTERM");
    const elsewhere = await converseAll(cluster.url(), 3);
    expect(elsewhere.map(({ session }) => session!.workerId)).not.toContain(workerId);
    expect(await Promise.all(longCalls)).toEqual([undefined, undefined, undefined, undefined]);
    expect(await ended).toEqual({ code: 0, signal: null });
    await worker.start(cluster.env);
    expect(await ledger.faults(client)).toEqual([]);
  });
});

describe("a worker that is taken out of service", () => {
  it("keeps its sessions, gets no new ones, and says so", async () => {
    const client = await converse(cluster.url());
    const { workerId } = client.session!;
    const drain = await fetch(`${cluster.url()}/v1/workers/${workerId}/drain`, { method: "POST" });
    expect(drain.status).toBe(202);
    const others = await converseAll(cluster.url(), 4);
    expect(others.map(({ session }) => session!.workerId)).not.toContain(workerId);
    expect(await ledger.call(client)).toBeUndefined();
    expect(await ledger.faults(client)).toEqual([]);
    await until(async () => {
      const answer = await fetch(`${cluster.url()}/v1/workers`);
      const { workers } = (await answer.json()) as { workers: WorkerBody[] };
      const drained = workers.find(({ worker_id: id }) => id === workerId);
      return drained?.status === "draining" && drained.active_sessions === 1;
    });
  });
});
