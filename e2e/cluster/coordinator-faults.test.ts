import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from "@jest/globals";
import { randomUUID } from "node:crypto";
import { type SandboxClient } from "@sandbox-system/client";
import { until } from "@sandbox-system/service/testing";
import { CallLedger } from "./call-ledger.js";
import { converse, countRunning } from "./conversations.js";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(120_000);

const cluster = new TestCluster({ workers: 1, coordinators: 2 });
let ledger: CallLedger;

beforeAll(() => cluster.start());
beforeEach(() => {
  ledger = new CallLedger();
});
afterEach(async () => {
  const [first] = cluster.coordinators;
  if (!first!.isRunning) await first!.start(cluster.env);
});
afterAll(() => cluster.cleanUp());

/** The same conversation by way of the other coordinator. */
async function byTheOther(client: SandboxClient): Promise<SandboxClient> {
  return await converse(cluster.url(1), client.session!.threadId);
}

describe("a coordinator that is killed", () => {
  it("leaves its sessions to another, which serves them at once", async () => {
    const client = await converse(cluster.url(0));
    await ledger.call(client);
    await cluster.coordinators[0]!.end("SIGKILL");
    const other = await byTheOther(client);
    expect(other.session).toMatchObject({
      sessionId: client.session!.sessionId,
      status: "existing",
    });
    expect(await ledger.call(other)).toBeUndefined();
    expect(await ledger.faults(other)).toEqual([]);
  });

  it("in the middle of a command: its caller knows that it knows nothing", async () => {
    const client = await converse(cluster.url(0));
    const other = await byTheOther(client);
    const underWay = ledger.call(client, { delay: "1.5" });
    await until(async () => (await countRunning(other, "sleep")) === 1);
    await cluster.coordinators[0]!.end("SIGKILL");
    await expect(underWay).resolves.toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });
    await until(async () => (await countRunning(other, "sleep")) === 0);
    expect(await ledger.faults(other)).toEqual([]);
  });

  it("in the middle of a command with a key: it runs once, and its result can be had", async () => {
    const client = await converse(cluster.url(0));
    const other = await byTheOther(client);
    const idempotencyKey = randomUUID();
    const command = "sleep 1.5; echo once >> ran; wc -l < ran";
    const first = client.execute(command, { idempotencyKey, autoRetry: false });
    await until(async () => (await countRunning(other, "sleep")) === 1);
    await cluster.coordinators[0]!.end("SIGKILL");
    await expect(first).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED" });
    const again = await other.execute(command, { idempotencyKey, autoRetry: false });
    expect(again).toMatchObject({ exitCode: 0, stdout: "1\n" });
    expect((await other.execute("cat ran")).stdout).toBe("once\n");
  });
});

it("a key is remembered over the worker's restart, and by every coordinator", async () => {
  const client = await converse(cluster.url(0));
  const idempotencyKey = randomUUID();
  const options = { idempotencyKey, autoRetry: false };
  const first = await client.execute("echo once >> ran; cat ran", options);
  const worker = cluster.worker(client.session!.workerId);
  await worker.end("SIGKILL");
  await worker.start(cluster.env);
  const other = await byTheOther(client);
  expect(await other.execute("echo once >> ran; cat ran", options)).toMatchObject({
    stdout: first.stdout,
  });
  expect((await other.execute("cat ran")).stdout).toBe("once\n");
});

it("a create with a key is answered alike by every coordinator", async () => {
  const body = JSON.stringify({ user_id: "e2e", thread_id: `t-${randomUUID()}` });
  const key = randomUUID();
  const create = async (serverUrl: string, payload: string) => {
    const answer = await fetch(`${serverUrl}/v1/sessions`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: payload,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const first = await create(cluster.url(0), body);
  expect(first.status).toBe(201);
  expect(await create(cluster.url(1), body)).toEqual(first);
  const other = body.replace("e2e", "e2f");
  expect(await create(cluster.url(1), other)).toMatchObject({
    status: 409,
    body: { code: "IDEMPOTENCY_CONFLICT" },
  });
});
