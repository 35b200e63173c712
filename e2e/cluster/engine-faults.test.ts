import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { until } from "@sandbox-system/service/testing";
import { engineObstacle, OwnEngine } from "../own-engine.js";
import { CallLedger } from "./call-ledger.js";
import { converse } from "./conversations.js";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(180_000);

/** An engine that is back is used again within this, milliseconds: docs/OPERATIONS.md promises it. */
const RECONNECTED_MS = 10_000;

/** Restarting the machine's own engine would end everybody's containers, so the test brings one along. */
const obstacle = engineObstacle();
const describeHere = obstacle === undefined ? describe : describe.skip;

describeHere(`an engine that is restarted (${obstacle ?? "of the test's own"})`, () => {
  const engine = new OwnEngine();
  let cluster: TestCluster;

  beforeAll(async () => {
    await engine.start();
    engine.loadImage("sandbox-secure:latest");
    cluster = new TestCluster({
      workers: 1,
      coordinators: 1,
      env: { DOCKER_HOST: engine.host },
    });
    await cluster.start();
  });

  afterAll(async () => {
    await cluster.cleanUp();
    await engine.cleanUp();
  });

  it("takes its sessions with it visibly, and is used again at once", async () => {
    const ledger = new CallLedger();
    const client = await converse(cluster.url());
    await ledger.call(client);
    await engine.stop();
    expect(await ledger.call(client)).toMatchObject({ code: "SESSION_LOST" });
    const refused: unknown = await converse(cluster.url()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 503 });

    await engine.start();
    const backAt = performance.now();
    await until(async () => (await fetch(`${cluster.url()}/ready`)).ok);
    expect(performance.now() - backAt).toBeLessThan(RECONNECTED_MS);
    const again = await client.execute("ls -A");
    expect(again).toMatchObject({ stdout: "", sessionRecreated: true });
    expect(await ledger.call(client)).toBeUndefined();
    expect(await ledger.faults(client)).toEqual([]);
  });
});
