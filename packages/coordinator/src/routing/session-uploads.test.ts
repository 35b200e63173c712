import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { FakeWorker } from "../testing/fake-worker.js";
import { failureOf, settle } from "../testing/outcomes.js";
import { TestCluster } from "../testing/test-cluster.js";
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

describe("uploads", () => {
  const file = () => ({ ...address, path: "f" });

  const pieces = (count: number, bytes: number) => {
    let given = 0;
    const content = new Readable({
      read() {
        this.push(given === count ? null : Buffer.alloc(bytes, "x"));
        given += 1;
      },
    });
    return { content, given: () => given };
  };

  it("are not touched before the worker is there, and then sent whole", async () => {
    await worker.stop();
    const { content, given } = pieces(3, 100_000);
    const call = coordinator.sessions.writeFile(file(), content, undefined);
    await settle(() => coordinator.holds.held === 1);
    expect(given()).toBe(0);
    await worker.listen();
    cluster.directory.set(workerInfo({ url: worker.url, registrationId: "reg_next" }));
    expect(await call).toMatchObject({ sizeBytes: 300_000 });
  });

  it("that are small are sent again after a refusal", async () => {
    await coordinator.sessions.getSession(address);
    const other = await cluster.addWorker("w2");
    await cluster.moveSession(address.sessionId, worker, other);
    const { content } = pieces(3, 1000);
    const result = await coordinator.sessions.writeFile(file(), content, undefined);
    expect(result).toMatchObject({ sizeBytes: 3000 });
  });

  it("whose beginning is used up are refused as retryable", async () => {
    let taken = 0;
    worker.intercept = (request, response) => {
      request.on("data", (chunk: Buffer) => {
        taken += chunk.length;
        if (taken < 200_000 || response.headersSent) return;
        response.writeHead(503, { "Content-Type": "application/json" });
        response.end('{"error":"Stopping.","code":"DRAINING","request_id":"r"}');
      });
      return true;
    };
    const { content } = pieces(100, 60_000);
    const failure = await failureOf(coordinator.sessions.writeFile(file(), content, undefined));
    expect(failure).toMatchObject({ code: "WORKER_UNREACHABLE" });
    expect(content.destroyed).toBe(true);
  });

  it("whose client leaves fail with its error and leave nothing behind", async () => {
    const left = new Error("the client left");
    const content = new PassThrough();
    content.write("part");
    worker.intercept = (request) => {
      request.once("data", () => content.destroy(left));
      return false;
    };
    expect(await failureOf(coordinator.sessions.writeFile(file(), content, undefined))).toBe(left);
    expect((await coordinator.sessions.listFiles(address)).files).toEqual([]);
  });
});
