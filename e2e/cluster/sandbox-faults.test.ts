import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { until } from "@sandbox-system/service/testing";
import { CallLedger } from "./call-ledger.js";
import { converse, converseAll, countRunning, Load } from "./conversations.js";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(120_000);

/** A death is noticed within this, milliseconds: docs/OPERATIONS.md promises it. */
const NOTICED_MS = 5000;

const cluster = new TestCluster({
  workers: 1,
  coordinators: 1,
  env: { MEMORY_LIMIT: "64m", POOL_SIZE: "4" },
});

beforeAll(() => cluster.start());
afterAll(() => cluster.cleanUp());

/** The container of a session: the one among the worker's that holds the file. */
async function containerOf(client: Awaited<ReturnType<typeof converse>>): Promise<string> {
  await client.execute("echo > mine");
  const found = cluster.workers[0]!.containers().find((id) =>
    execFileSync("docker", ["exec", id, "ls", "/workspace"]).includes("mine"),
  );
  await client.removeFile("mine");
  if (found === undefined) throw new Error("no container has the file");
  return found;
}

describe("a container that is killed from outside", () => {
  it("takes its session alone with it, which is noticed", async () => {
    const ledger = new CallLedger();
    const [doomed, ...others] = await converseAll(cluster.url(), 3);
    const load = new Load(ledger, others);
    await ledger.call(doomed!);
    const container = await containerOf(doomed!);
    const underWay = ledger.call(doomed!, { delay: "30" });
    await until(async () => (await countRunning(doomed!, "sleep")) === 1);
    const killedAt = performance.now();
    execFileSync("docker", ["kill", container]);
    await expect(underWay).resolves.toMatchObject({ code: "OPERATION_INTERRUPTED" });
    expect(performance.now() - killedAt).toBeLessThan(NOTICED_MS);
    expect(await ledger.call(doomed!)).toMatchObject({ code: "SESSION_LOST" });
    await load.more(20);
    await load.stop();
    expect(await doomed!.execute("ls -A")).toMatchObject({ stdout: "", sessionRecreated: true });
    for (const client of others) expect(await ledger.faults(client)).toEqual([]);
    expect(ledger.codes).toEqual({ OPERATION_INTERRUPTED: 1, SESSION_LOST: 1 });
  });
});

describe("a command that wants more memory than there is", () => {
  it("ends with 137 and says why; the session goes on", async () => {
    const client = await converse(cluster.url());
    await client.uploadBytes("kept", "x");
    const result = await client.execute("python3 -c 'b = bytearray(300_000_000)'");
    expect(result).toMatchObject({ exitCode: 137, oomKilled: true });
    expect((await client.execute("cat kept")).stdout).toBe("x");
  });
});
