import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { until } from "@sandbox-system/service/testing";
import { CallLedger } from "./call-ledger.js";
import { converse, converseAll, countRunning, Load } from "./conversations.js";
import { LEASE_MS, TestCluster } from "./test-cluster.js";

jest.setTimeout(120_000);

/** Containers without an owner are gone after this, milliseconds: docs/OPERATIONS.md promises it. */
const REAPED_MS = 60_000;

let cluster: TestCluster;
let ledger: CallLedger;

beforeEach(async () => {
  cluster = new TestCluster({ workers: 2, coordinators: 1 });
  ledger = new CallLedger();
  await cluster.start();
});

afterEach(() => cluster.cleanUp());

describe("a worker that is killed", () => {
  it("interrupts its calls, loses its sessions visibly, and leaves no container", async () => {
    const clients = await converseAll(cluster.url(), 4);
    const [doomed] = clients;
    const { workerId } = doomed!.session!;
    const worker = cluster.worker(workerId);
    const load = new Load(ledger, clients);
    await load.more(20);
    const underWay = ledger.call(doomed!, { delay: "30" });
    await until(async () => (await countRunning(doomed!, "sleep")) === 1);

    const killedAt = performance.now();
    worker.signal("SIGKILL");
    const interrupted = await underWay;
    expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 1000);
    expect(interrupted).toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });

    await until(async () => (await ledger.call(doomed!))?.code === "SESSION_LOST");
    await load.more(20);
    await load.stop();
    for (const client of clients.filter(({ session }) => session!.workerId !== workerId))
      expect(await ledger.faults(client)).toEqual([]);

    // The thread goes on elsewhere, and its caller is told that the files are gone.
    const again = await doomed!.execute("ls -A");
    expect(again).toMatchObject({ exitCode: 0, stdout: "", sessionRecreated: true });
    expect(doomed!.session!.workerId).not.toBe(workerId);

    await until(() => worker.containers().length === 0);
    expect(performance.now() - killedAt).toBeLessThan(REAPED_MS);
  });
});

describe("a worker that is started again", () => {
  it.each(["SIGKILL", "SIGTERM"] as const)(
    "after %s takes its sessions over, with files and background processes",
    async (signal) => {
      const client = await converse(cluster.url());
      await ledger.call(client);
      await client.execute("(while sleep 0.2; do date +%s%N >> beats; done) > /dev/null 2>&1 &");
      const { sessionId, workerId } = client.session!;
      const worker = cluster.worker(workerId);
      const containers = worker.containers();
      await worker.end(signal);
      await worker.start(cluster.env);

      const before = await client.execute("wc -l < beats");
      expect(before.sessionRecreated).toBe(false);
      await until(
        async () => Number((await client.execute("wc -l < beats")).stdout) > Number(before.stdout),
      );
      expect(client.session!.sessionId).toBe(sessionId);
      expect(containers).toEqual(expect.arrayContaining([expect.any(String)]));
      await ledger.call(client);
      expect(ledger.count("ok")).toBe(2);
      expect(await ledger.faults(client)).toEqual([]);
    },
  );
});

describe("a worker that is paused for longer than its lease", () => {
  it("finds its sessions fenced off when it goes on, and joins anew", async () => {
    const client = await converse(cluster.url());
    await ledger.call(client);
    const { workerId, threadId } = client.session!;
    const worker = cluster.worker(workerId);
    const held = worker.containers().length;
    worker.signal("SIGSTOP");
    const underWay = ledger.call(client);
    await expect(underWay).resolves.toMatchObject({ code: "OPERATION_INTERRUPTED" });
    await until(async () => (await ledger.call(client))?.code === "SESSION_LOST");

    // Somebody goes on in the thread meanwhile, on the other worker.
    const elsewhere = await converse(cluster.url(), threadId);
    expect(elsewhere.session).toMatchObject({ status: "created" });
    expect(elsewhere.session!.workerId).not.toBe(workerId);
    expect(await ledger.call(elsewhere)).toBeUndefined();

    worker.signal("SIGCONT");
    await until(() => worker.output.includes("cluster.fenced"));
    await until(() => worker.containers().length < held || worker.containers().length === 2);
    await until(async () => (await workerStates(cluster)).get(workerId) === "active");
    expect(await ledger.faults(elsewhere)).toEqual([]);
    const stale = await fetch(`${cluster.url()}/v1/sessions/${client.session!.sessionId}`);
    expect(stale.status).toBe(404);
    const placed = await converseAll(cluster.url(), 6);
    expect(new Set(placed.map(({ session }) => session!.workerId)).size).toBe(2);
  });
});

async function workerStates(of: TestCluster): Promise<Map<string, string>> {
  const answer = await fetch(`${of.url()}/v1/workers`);
  const body = (await answer.json()) as { workers: { worker_id: string; status: string }[] };
  return new Map(body.workers.map(({ worker_id: id, status }) => [id, status]));
}
