import { once } from "node:events";
import { type IncomingMessage, request, type RequestOptions } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { composeTestCoordinator } from "./testing/compose-test-coordinator.js";
import type { FakeWorker } from "./testing/fake-worker.js";
import { settle } from "./testing/outcomes.js";
import { TestCluster } from "./testing/test-cluster.js";

const MIB = 1024 ** 2;
const FILE_BYTES = 50 * MIB;

/**
 * What may be under way between a worker and a client that does not read, bytes: the kernel's buffers of two connections, which grow to some
 * megabytes each, and a few pieces in each process. A coordinator that buffered would take all of the file.
 */
const IN_FLIGHT_BYTES = 32 * MIB;

let cluster: TestCluster;
let worker: FakeWorker;
let composed: ReturnType<typeof composeTestCoordinator>;
let sessionId: string;

beforeEach(async () => {
  cluster = new TestCluster();
  worker = await cluster.addWorker("w1", { maxFileBytes: 2 * FILE_BYTES });
  composed = composeTestCoordinator(cluster);
  await composed.coordinator.listen();
  const session = await cluster.addSession(worker, { tenant: "default" });
  sessionId = session.sessionId;
});

afterEach(async () => {
  await composed.coordinator.stop("over", 0);
  await cluster.close();
});

function send(method: string, path: string, headers: RequestOptions["headers"] = {}) {
  const { port } = composed.coordinator;
  const url = `http://127.0.0.1:${String(port)}/v1/sessions/${sessionId}${path}`;
  return request(url, { method, headers, agent: false });
}

async function answerOf(sent: ReturnType<typeof send>): Promise<IncomingMessage> {
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return answer;
}

/** Resolves when nothing has moved for a good while. */
async function stalled(count: () => number): Promise<void> {
  let last = -1;
  for (let still = 0; still < 500; still += 1) {
    if (count() !== last) still = 0;
    last = count();
    await new Promise(setImmediate);
  }
}

/** So many bytes, counted as they are taken. */
function counted(bytes: number) {
  const piece = Buffer.alloc(65_536, "x");
  const count = { given: 0 };
  const content = new Readable({
    read() {
      this.push(count.given === bytes ? null : piece);
      if (count.given < bytes) count.given += piece.length;
    },
  });
  return { content, count };
}

describe("a large file", () => {
  it("is downloaded through a slow reader without being held", async () => {
    const { content, count } = counted(FILE_BYTES);
    worker.intercept = (_request, response) => {
      response.writeHead(200, { "Content-Length": String(FILE_BYTES) });
      void pipeline(content, response);
      return true;
    };
    const sent = send("GET", "/files/big");
    sent.end();
    const answer = await answerOf(sent);
    await stalled(() => count.given);
    expect(count.given).toBeLessThan(IN_FLIGHT_BYTES);
    let read = 0;
    for await (const chunk of answer) read += (chunk as Buffer).length;
    expect(read).toBe(FILE_BYTES);
  });

  it("is uploaded to a slow worker without being held", async () => {
    const { content, count } = counted(FILE_BYTES);
    const { promise: goOn, resolve: release } = gate();
    worker.intercept = (incoming, response) => {
      void goOn.then(async () => {
        let size = 0;
        for await (const chunk of incoming) size += (chunk as Buffer).length;
        response.writeHead(201, { "Content-Type": "application/json" });
        const result = { status: "uploaded", filename: "big", path: "/workspace/big" };
        response.end(JSON.stringify({ ...result, size_bytes: size }));
      });
      return true;
    };
    const sent = send("PUT", "/files/big", { "Content-Length": String(FILE_BYTES) });
    const answered = answerOf(sent);
    void pipeline(content, sent);
    await stalled(() => count.given);
    expect(count.given).toBeLessThan(IN_FLIGHT_BYTES);
    release();
    const answer = await answered;
    expect(answer.statusCode).toBe(201);
    const [body] = (await answer.toArray()) as [Buffer];
    expect(JSON.parse(body.toString())).toMatchObject({ size_bytes: FILE_BYTES });
  });

  it("is not read on once its client has left", async () => {
    const { content, count } = counted(FILE_BYTES);
    worker.intercept = (_request, response) => {
      response.writeHead(200, { "Content-Length": String(FILE_BYTES) });
      pipeline(content, response).catch(() => undefined);
      return true;
    };
    const sent = send("GET", "/files/big");
    sent.end();
    const answer = await answerOf(sent);
    answer.on("error", () => undefined);
    await stalled(() => count.given);
    sent.destroy();
    await settle(() => content.destroyed);
    expect(count.given).toBeLessThan(FILE_BYTES);
  });

  it("leaves nothing behind when its client leaves in the middle of the upload", async () => {
    const sent = send("PUT", "/files/big", { "Content-Length": String(FILE_BYTES) });
    sent.on("error", () => undefined);
    sent.write(Buffer.alloc(MIB));
    await settle(() => worker.requests.length === 1);
    sent.destroy();
    const [incoming] = worker.requests;
    await settle(() => incoming!.destroyed);
    expect(incoming!.complete).toBe(false);
    const list = send("GET", "/files");
    list.end();
    const [body] = (await (await answerOf(list)).toArray()) as [Buffer];
    expect(JSON.parse(body.toString())).toMatchObject({ total_files: 0 });
  });
});

describe("a command", () => {
  it.each(["application/json", "text/event-stream"])(
    "(%s) is killed when its client leaves",
    async (accept) => {
      let killed: Promise<void> | undefined;
      worker.room.inner.script("long", async (process) => {
        killed = process.killed;
        await process.killed;
        return {};
      });
      const sent = send("POST", "/exec", { "Content-Type": "application/json", Accept: accept });
      sent.on("error", () => undefined);
      sent.end('{"command":"long"}');
      await settle(() => killed !== undefined);
      sent.destroy();
      await killed;
    },
  );

  it("shows its output while it runs", async () => {
    const { promise: goOn, resolve: release } = gate();
    worker.room.inner.script("slow", async ({ stdout }) => {
      await stdout("first");
      await goOn;
      await stdout("second");
      return { exitCode: 5 };
    });
    const sent = send("POST", "/exec", {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
    });
    sent.end('{"command":"slow"}');
    const answer = await answerOf(sent);
    let text = "";
    answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await settle(() => text.includes("first"));
    expect(text).not.toContain("second");
    release();
    await once(answer, "end");
    expect(text).toContain('"data":"second","encoding":"utf8"');
    expect(text).toContain('event: exit\ndata: {"exit_code":5');
  });

  it("is held back by a client that does not read", async () => {
    const count = { given: 0 };
    worker.room.inner.script("flood", async ({ stdout }) => {
      const piece = Buffer.alloc(65_536, "x");
      while (count.given < FILE_BYTES) {
        await stdout(piece);
        count.given += piece.length;
      }
      return {};
    });
    const sent = send("POST", "/exec", {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
    });
    sent.end('{"command":"flood"}');
    const answer = await answerOf(sent);
    await stalled(() => count.given);
    expect(count.given).toBeLessThan(IN_FLIGHT_BYTES);
    let read = 0;
    for await (const chunk of answer) read += (chunk as Buffer).length;
    expect(read).toBeGreaterThan(FILE_BYTES);
  });
});

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((open) => (resolve = open));
  return { promise, resolve };
}
