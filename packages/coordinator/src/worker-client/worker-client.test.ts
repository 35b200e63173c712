import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newSessionId, SandboxError } from "@sandbox-system/contract";
import { FakeClock } from "@sandbox-system/contract/testing";
import { FakeWorker } from "../testing/fake-worker.js";
import { FixedToken } from "../testing/fixed-token.js";
import { WorkerCallFailed } from "./worker-call-failed.js";
import { WorkerClient } from "./worker-client.js";

const TENANT = "acme";

let worker: FakeWorker;
let client: WorkerClient;
let token: FixedToken;
let clock: FakeClock;
const servers: Server[] = [];

beforeEach(async () => {
  worker = await FakeWorker.start();
  token = new FixedToken();
  clock = new FakeClock();
  client = new WorkerClient({ url: worker.url, token, clock, requestId: () => "req_1" });
});

afterEach(async () => {
  await client.close();
  await worker.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function open(sessionId = newSessionId()) {
  const place = { sessionId, generation: 1, create: true };
  await client.openSession({ tenant: TENANT }, { userId: "u", threadId: sessionId }, place);
  return { tenant: TENANT, sessionId };
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("requests", () => {
  it("carry the token, the tenant and the request's id", async () => {
    await open();
    expect(worker.requests[0]?.headers).toMatchObject({
      authorization: "Bearer cluster-token",
      "x-sandbox-tenant": TENANT,
      "x-request-id": "req_1",
    });
  });

  it("are sent again once with a fresh token when the known one is refused", async () => {
    worker.accepts = (candidate) => candidate === "new";
    token.real = "new";
    await open();
    expect(token.refreshed).toBe(1);
    expect(worker.requests).toHaveLength(2);
  });

  it("say what to do when the worker never takes the token", async () => {
    worker.accepts = () => false;
    const error = await failureOf(open());
    expect(error).toMatchObject({ code: "WORKER_UNREACHABLE" });
    expect((error as Error).message).toContain("CLUSTER_TOKEN");
    expect(worker.requests).toHaveLength(2);
  });
});

describe("sessions", () => {
  it("are opened, found, listed and ended", async () => {
    const scope = await open();
    const again = await client.openSession(
      scope,
      { userId: "u", threadId: scope.sessionId },
      { sessionId: scope.sessionId, generation: 1, create: false },
    );
    expect(again.status).toBe("existing");
    expect(await client.getSession(scope)).toMatchObject({ sessionId: scope.sessionId });
    const page = await client.listSessions(scope, { userId: "u", limit: 10 });
    expect(page.sessions).toHaveLength(1);
    await client.endSession(scope);
    expect(await failureOf(client.getSession(scope))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("give the worker's own error with its Retry-After", async () => {
    worker.room.refuse = "POOL_EXHAUSTED";
    const error = await failureOf(open());
    expect(error).toMatchObject({ code: "POOL_EXHAUSTED", retryAfterSeconds: 2 });
  });
});

describe("commands", () => {
  it("answer with their result", async () => {
    worker.room.inner.script("greet", async ({ request, stdout }) => {
      await stdout(`hi ${String(request.timeoutMs)} ${String(request.cwd)}`);
      return { exitCode: 3 };
    });
    const scope = await open();
    const request = { command: "greet", timeoutMs: 1500, cwd: "d" };
    const result = await client.execute({ ...scope, request, hooks: {} });
    expect(result).toMatchObject({ exitCode: 3, stdout: "hi 1500 d" });
  });

  it("stream exact bytes to those who listen, each piece when the last was taken", async () => {
    const bytes = Buffer.from([0, 255, 254, 10]);
    worker.room.inner.script("bytes", async ({ stdout, stderr }) => {
      await stdout(bytes);
      await stderr("heard by nobody");
      await stdout("x".repeat(65_536));
      return {};
    });
    const scope = await open();
    const pieces: Buffer[] = [];
    let taking = 0;
    const result = await client.execute({
      ...scope,
      request: { command: "bytes" },
      hooks: {
        async onStdout(chunk) {
          taking += 1;
          expect(taking).toBe(1);
          await new Promise(setImmediate);
          taking -= 1;
          pieces.push(chunk);
        },
      },
    });
    expect(Buffer.concat(pieces).subarray(0, 4)).toEqual(bytes);
    expect(Buffer.concat(pieces)).toHaveLength(4 + 65_536);
    expect(result).toMatchObject({ exitCode: 0, stdout: "", stderr: "heard by nobody" });
  });

  it("are killed when their call is aborted", async () => {
    let killed: Promise<void> | undefined;
    const started = new Promise<void>((resolve) => {
      worker.room.inner.script("sleep", async (process) => {
        killed = process.killed;
        resolve();
        await process.killed;
        return {};
      });
    });
    const scope = await open();
    const abort = new AbortController();
    const request = { command: "sleep" };
    const call = client.execute({ ...scope, request, hooks: {}, signal: abort.signal });
    const failure = failureOf(call);
    await started;
    abort.abort();
    expect(await failure).toMatchObject({ progress: "sent", reason: "aborted" });
    await killed;
  });

  it("pass their idempotency key on and say that an answer is a memory", async () => {
    const scope = await open();
    worker.intercept = (request, response) => {
      if (!request.url?.endsWith("/exec")) return false;
      response.setHeader("Idempotency-Replayed", "true");
      return false;
    };
    let replayed = 0;
    await client.execute({
      ...scope,
      request: { command: "true" },
      hooks: { idempotencyKey: "k1", onReplayed: () => (replayed += 1) },
    });
    expect(worker.requests.at(-1)?.headers["idempotency-key"]).toBe("k1");
    expect(replayed).toBe(1);
  });

  it("are the same request under one key, streamed or not", async () => {
    const scope = await open();
    const request = { command: "ls", encoding: "utf8" as const };
    const bodies: string[] = [];
    worker.intercept = (incoming, response) => {
      void text(incoming).then((body) => {
        bodies.push(body);
        response.destroy();
      });
      return true;
    };
    const hooks = { idempotencyKey: "k" };
    await failureOf(client.execute({ ...scope, request, hooks }));
    const listening = { ...hooks, onStdout: () => undefined };
    await failureOf(client.execute({ ...scope, request, hooks: listening }));
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toBe(bodies[1]);
  });

  it("fail as sent when their stream ends without an exit", async () => {
    const scope = await open();
    worker.intercept = (_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end('event: stdout\ndata: {"data":"aGk=","encoding":"base64"}\n\n');
      return true;
    };
    const pieces: string[] = [];
    const hooks = { onStdout: (chunk: Buffer) => void pieces.push(chunk.toString()) };
    const request = { command: "x" };
    const error = await failureOf(client.execute({ ...scope, request, hooks }));
    expect(error).toBeInstanceOf(WorkerCallFailed);
    expect(error).toMatchObject({ progress: "sent", reason: "connection" });
    expect(pieces).toEqual(["hi"]);
  });

  it("give the error that the stream tells", async () => {
    const scope = await open();
    worker.intercept = (_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const body = { error: "Full.", code: "WORKSPACE_SIZE_EXCEEDED", request_id: "r" };
      response.end(`event: error\ndata: ${JSON.stringify(body)}\n\n`);
      return true;
    };
    const hooks = { onStdout: () => undefined };
    const call = client.execute({ ...scope, request: { command: "x" }, hooks });
    expect(await failureOf(call)).toMatchObject({ code: "WORKSPACE_SIZE_EXCEEDED" });
  });
});

describe("files", () => {
  const NAME = "a dir/ü%2F.txt";

  const upload = (content: string) => ({
    open: () => Readable.from([Buffer.from(content)], { objectMode: false }),
    sizeBytes: Buffer.byteLength(content),
  });

  it("are written, listed, looked at, read in part and removed", async () => {
    const scope = await open();
    const file = { ...scope, path: NAME };
    expect(await client.writeFile(file, upload("hello"))).toMatchObject({ sizeBytes: 5 });
    expect((await client.listFiles(scope)).files[0]).toMatchObject({ name: NAME });
    expect(await client.statFile(file)).toMatchObject({ name: NAME, sizeBytes: 5 });
    const whole = await client.readFile(file);
    expect(await text(whole.content)).toBe("hello");
    const part = await client.readFile(file, { start: 1, end: 2 });
    expect(part).toMatchObject({ contentLength: 2, entry: { sizeBytes: 5 } });
    expect(await text(part.content)).toBe("el");
    await client.removeFile(file);
    expect(await failureOf(client.statFile(file))).toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("may be empty, and of a size that nobody knows", async () => {
    const file = { ...(await open()), path: "empty" };
    expect(await client.writeFile(file, upload(""))).toMatchObject({ sizeBytes: 0 });
    expect(await text((await client.readFile(file)).content)).toBe("");
    const unknown = { ...upload("some"), sizeBytes: undefined };
    expect(await client.writeFile(file, unknown)).toMatchObject({ sizeBytes: 4 });
  });

  it("are refused by a bad name before anything is sent", async () => {
    const scope = await open();
    const before = worker.requests.length;
    const failure = await failureOf(client.statFile({ ...scope, path: "../x" }));
    expect(failure).toMatchObject({ code: "INVALID_PATH" });
    expect(worker.requests).toHaveLength(before);
  });

  it("leave the worker's connection when their content breaks off", async () => {
    const scope = await open();
    const broken = new Readable({
      read() {
        this.push("part");
        this.destroy(new Error("the client left"));
      },
    });
    const source = { open: () => broken, sizeBytes: undefined };
    const error = await failureOf(client.writeFile({ ...scope, path: "f" }, source));
    expect(error).toBeInstanceOf(WorkerCallFailed);
    expect((await client.listFiles(scope)).files).toEqual([]);
  });
});

describe("a worker that is not there", () => {
  it("was sent nothing, and no content was touched", async () => {
    const scope = await open();
    await worker.stop();
    let touched = 0;
    const content = new Readable({
      read() {
        touched += 1;
        this.push(null);
      },
    });
    const source = { open: () => content, sizeBytes: 4 };
    const error = await failureOf(client.writeFile({ ...scope, path: "f" }, source));
    expect(error).toMatchObject({ progress: "not-sent", reason: "connection" });
    expect(touched).toBe(0);
  });

  it("may have run what it was sent before it left", async () => {
    const scope = await open();
    worker.intercept = (_request, response) => {
      response.socket?.resetAndDestroy();
      return true;
    };
    const call = client.execute({ ...scope, request: { command: "x" }, hooks: {} });
    expect(await failureOf(call)).toMatchObject({ progress: "sent", reason: "connection" });
  });

  it("is given up when the head of its answer does not come in time", async () => {
    const scope = await open();
    const asked = new Promise<void>((resolve) => {
      worker.intercept = () => {
        resolve();
        return true;
      };
    });
    const failure = failureOf(client.getSession(scope));
    await asked;
    clock.advance(5000);
    expect(await failure).toMatchObject({ progress: "sent", reason: "timed-out" });
  });
});

describe("what is no worker", () => {
  it("is told apart by its answers", async () => {
    const server = createServer((_request, response) => {
      response.statusCode = 502;
      response.end("<html>Bad gateway</html>");
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const stranger = new WorkerClient({ url, token, clock });
    const error = await failureOf(stranger.identity());
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toMatchObject({ code: "INTERNAL_ERROR" });
    await stranger.close();
  });

  it("has no name of its own; a worker has", async () => {
    expect(await client.identity()).toBe("w1");
    await client.drain("w1");
    expect(worker.node.drained).toEqual(["w1"]);
    expect(await client.policy()).toMatchObject({ mode: "enforce" });
  });
});
