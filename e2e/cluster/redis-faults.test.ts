import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { SandboxClient } from "@sandbox-system/client";
import { until } from "@sandbox-system/service/testing";
import { setTimeout as elapsed } from "node:timers/promises";
import { CallLedger } from "./call-ledger.js";
import { converse, converseAll, Load } from "./conversations.js";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(180_000);

/** How long Redis is away, milliseconds: several leases. */
const AWAY_MS = 30_000;

/** All is as before so long after Redis is back, milliseconds: docs/OPERATIONS.md promises it. */
const RECOVERED_MS = 20_000;

let cluster: TestCluster;
let ledger: CallLedger;

afterEach(() => cluster.cleanUp());

describe("Redis that stops for 30 s", () => {
  beforeEach(async () => {
    cluster = new TestCluster({ workers: 2, coordinators: 2, durable: true });
    ledger = new CallLedger();
    await cluster.start();
  });

  it("stops no session; new ones are told to come back within a second, and all recovers", async () => {
    const clients = [
      ...(await converseAll(cluster.url(0), 3)),
      ...(await converseAll(cluster.url(1), 3)),
    ];
    const load = new Load(ledger, clients);
    await load.more(30);
    await cluster.redis.stop();
    const away = elapsed(AWAY_MS);

    const refused: unknown = await converse(cluster.url()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "REGISTRY_UNAVAILABLE", status: 503 });
    expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(1);
    // Who asks for a conversation that is going on gets it.
    const { threadId, sessionId } = clients[0]!.session!;
    expect((await converse(cluster.url(0), threadId)).session).toMatchObject({
      sessionId,
      status: "existing",
    });
    await away;
    await load.more(30);

    const backAt = performance.now();
    await cluster.redis.start();
    await until(async () => (await create(cluster.url())) === 201);
    expect(performance.now() - backAt).toBeLessThan(RECOVERED_MS);
    await load.more(30);
    await load.stop();
    expect(ledger.codes).toEqual({});
    for (const client of clients) expect(await ledger.faults(client)).toEqual([]);
  });
});

describe("Redis that is started again empty", () => {
  beforeEach(async () => {
    cluster = new TestCluster({ workers: 2, coordinators: 2 });
    ledger = new CallLedger();
    await cluster.start();
  });

  it("is told of all sessions by the workers: nobody loses one", async () => {
    const clients = await converseAll(cluster.url(), 6);
    const load = new Load(ledger, clients);
    await load.more(20);
    await cluster.redis.kill();
    await cluster.redis.startEmpty();

    // The other coordinator has never heard of these threads.
    for (const { session } of clients) {
      const found = new SandboxClient({ mode: "remote", serverUrl: cluster.url(1) });
      await until(async () => {
        const answer = await found
          .getOrCreateSession({ userId: "e2e", threadId: session!.threadId })
          .catch((error: unknown) => error as { code: string });
        if ("code" in answer) expect(answer.code).toBe("REGISTRY_UNAVAILABLE");
        return "sessionId" in answer;
      });
      expect(found.session).toMatchObject({ sessionId: session!.sessionId, status: "existing" });
    }
    await load.more(20);
    await load.stop();
    expect(ledger.codes).toEqual({});
    for (const client of clients) expect(await ledger.faults(client)).toEqual([]);
  });
});

async function create(serverUrl: string): Promise<number> {
  const answer = await fetch(`${serverUrl}/v1/sessions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user_id: "e2e", thread_id: `t-${String(performance.now())}` }),
  });
  return answer.status;
}
