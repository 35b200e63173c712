import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  ERROR_CODES,
  type ErrorCode,
  execRequestSchema,
  SandboxError,
} from "@sandbox-system/contract";
import type { SandboxBackend } from "../backend/sandbox-backend.js";
import { errorBody, RESULT_BODY, SESSION_BODY, sse } from "../testing/bodies.js";
import { FakeClock } from "../testing/fake-clock.js";
import {
  answer,
  reset,
  type Script,
  ScriptedServer,
  unusedPort,
} from "../testing/scripted-server.js";
import { ignore } from "../testing/fake-backend.js";
import { createHttpBackend } from "./http-backend.js";

const ID = SESSION_BODY.session_id;
const COMMAND = { body: execRequestSchema.parse({ command: "echo hi" }) };

/** Every call, and whether it may be repeated after its answer was lost. */
const CALLS: readonly [
  name: string,
  call: (b: SandboxBackend) => Promise<unknown>,
  safe: boolean,
][] = [
  ["getOrCreateSession", (b) => b.getOrCreateSession({ userId: "u", threadId: "t" }), true],
  ["findSession", (b) => b.findSession("t"), true],
  ["endSession", (b) => b.endSession(ID), true],
  ["listFiles", (b) => b.listFiles(ID), true],
  ["readFile", (b) => b.readFile(ID, "f"), true],
  ["execute", (b) => b.execute(ID, COMMAND, {}), false],
  ["execute, streamed", (b) => b.execute(ID, COMMAND, { onStdout: ignore }), false],
  ["writeFile", (b) => b.writeFile(ID, "f", Buffer.from("x"), 1), false],
  ["writeFile of a stream", (b) => b.writeFile(ID, "f", Readable.from(["x"]), 1), false],
  ["removeFile", (b) => b.removeFile(ID, "f"), false],
];

const lost = (safe: boolean) =>
  safe
    ? { code: "SERVER_UNREACHABLE", retryable: true }
    : { code: "OPERATION_INTERRUPTED", retryable: false, details: { admitted: "unknown" } };

describe("faults of the network and the server", () => {
  let server: ScriptedServer;
  let backend: SandboxBackend;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    backend = createHttpBackend(
      { mode: "remote", serverUrl: server.url },
      { reconnectDelaysMs: [1, 1] },
    );
  });

  afterEach(() => server.stop());

  const commandRequests = () => server.requests.filter(({ url }) => url !== "/v1/policy");

  it.each(CALLS)("a connection that nobody takes: %s", async (_name, call) => {
    const serverUrl = `http://127.0.0.1:${String(await unusedPort())}`;
    const away = createHttpBackend({ mode: "remote", serverUrl }, { reconnectDelaysMs: [1] });
    const error: unknown = await call(away).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true, status: undefined });
    expect((error as SandboxError).message).toContain(`${serverUrl}: connect ECONNREFUSED`);
    expect((error as SandboxError).requestId).toMatch(/^req_/);
  });

  it("a server that comes up meanwhile: the command is sent once, then", async () => {
    const port = await unusedPort();
    const late = await ScriptedServer.start(answer(200, RESULT_BODY));
    await late.stop();
    const serverUrl = `http://127.0.0.1:${String(port)}`;
    const waiting = createHttpBackend(
      { mode: "remote", serverUrl },
      { reconnectDelaysMs: [1, 200, 2000] },
    );
    const result = waiting.execute(ID, COMMAND, {});
    await late.listen(port);
    expect(await result).toMatchObject({ exitCode: 0 });
    expect(late.requests).toHaveLength(1);
    await late.stop();
  });

  it.each(CALLS)("a reset after the request was sent: %s", async (_name, call, safe) => {
    server.answers(reset);
    await expect(call(backend)).rejects.toMatchObject(lost(safe));
    expect(commandRequests()).toHaveLength(1);
  });

  const cutOffAnswer: Script = (response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "1000" });
    response.write('{"exit_code":', () => response.socket?.resetAndDestroy());
  };

  it.each(CALLS.filter(([name]) => name !== "readFile"))(
    "a reset within the answer: %s",
    async (_name, call, safe) => {
      server.answers(cutOffAnswer);
      await expect(call(backend)).rejects.toMatchObject(lost(safe));
      expect(commandRequests()).toHaveLength(1);
    },
  );

  it("a reset within a download", async () => {
    server.answers(cutOffAnswer);
    const { content } = await backend.readFile(ID, "f");
    await expect(buffer(content)).rejects.toMatchObject(lost(true));
  });

  it("a download that ends early without a reset", async () => {
    server.answers((response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("some", () => response.socket?.end());
    });
    const { content } = await backend.readFile(ID, "f");
    await expect(buffer(content)).rejects.toMatchObject(lost(true));
  });

  it("a reset within streamed output, after some of it was delivered", async () => {
    server.answers((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(sse("stdout", { data: "some", encoding: "utf8" }));
    });
    const heard: string[] = [];
    const onStdout = async (chunk: Buffer): Promise<void> => {
      heard.push(chunk.toString());
      await server.stop();
    };
    await expect(backend.execute(ID, COMMAND, { onStdout })).rejects.toMatchObject(lost(false));
    expect(heard).toEqual(["some"]);
    await server.listen(0);
  });

  it.each([
    ["502 with a proxy's page", 502, "<html>Bad gateway</html>", "INTERNAL_ERROR"],
    ["500 without a body", 500, "", "INTERNAL_ERROR"],
    ["503 with truncated JSON", 503, '{"error":"x","co', "INTERNAL_ERROR"],
    ["404 with somebody else's JSON", 404, '{"message":"nope"}', "INVALID_REQUEST"],
    ["301 to elsewhere", 301, "", "INVALID_REQUEST"],
  ])("%s", async (_what, status, text, code) => {
    server.answers((response) => {
      response.writeHead(status, { Location: `${server.url}/elsewhere` });
      response.end(text);
    });
    await expect(backend.execute(ID, COMMAND, {})).rejects.toMatchObject({
      code,
      message: `The server answered ${String(status)} without an error body`,
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["truncated JSON", '{"exit_code": 0, "stdo'],
    ["HTML", "<html></html>"],
    ["JSON of another shape", '{"hello":"world"}'],
  ])("200 with %s", async (_what, text) => {
    server.answers((response) => void response.end(text));
    const message = `The answer of ${server.url} is not one of a sandbox server. Check serverUrl.`;
    await expect(backend.execute(ID, COMMAND, {})).rejects.toMatchObject({
      code: "INTERNAL_ERROR",
      message,
    });
  });

  const wireCodes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
    (code) => ERROR_CODES[code].status !== null,
  );

  it.each(wireCodes)("%s comes back as the server threw it", async (code) => {
    const status = ERROR_CODES[code].status ?? 500;
    server.answers(answer(status, errorBody(code, { x: 1 }), { "Retry-After": "7" }));
    for (const [, call] of CALLS) {
      const error: unknown = await call(backend).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code,
        status,
        details: { x: 1 },
        requestId: "req_server",
        retryAfterSeconds: 7,
      });
    }
    expect(commandRequests()).toHaveLength(CALLS.length);
  });

  it("an answer before the upload is through (413): the answer counts, the rest is not sent", async () => {
    server.readsBodies = false;
    const cut = new Promise<void>((resolve) => {
      server.answers((response, request) => {
        request.socket.once("close", () => {
          resolve();
        });
        request.resume();
        return answer(413, errorBody("FILE_TOO_LARGE"))(response, request, Buffer.alloc(0));
      });
    });
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
    }
    const content = Readable.from(endless(), { objectMode: false });
    await expect(backend.writeFile(ID, "f", content, undefined)).rejects.toMatchObject({
      code: "FILE_TOO_LARGE",
    });
    await cut;
    content.destroy();
  });
});

describe("a caller that aborts", () => {
  let server: ScriptedServer;
  let backend: SandboxBackend;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    backend = createHttpBackend({ mode: "remote", serverUrl: server.url });
  });

  afterEach(() => server.stop());

  it("closes the connection", async () => {
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      server.answers((response) => {
        response.once("close", resolve);
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write(": here\n\n");
        controller.abort();
      });
    });
    await expect(backend.execute(ID, COMMAND, { signal: controller.signal })).rejects.toMatchObject(
      { code: "OPERATION_ABORTED" },
    );
    await closed;
  });
});

describe("a server that says nothing", () => {
  let server: ScriptedServer;
  let clock: FakeClock;
  let backend: SandboxBackend;
  let arrived: Promise<void>;

  beforeEach(async () => {
    clock = new FakeClock();
    server = await ScriptedServer.start();
    arrived = new Promise((resolve) => {
      server.answers(() => {
        resolve();
      });
    });
    const options = { mode: "remote", serverUrl: server.url, requestTimeoutSeconds: 10 } as const;
    backend = createHttpBackend(options, { clock });
  });

  afterEach(() => server.stop());

  it("is given up after the request timeout", async () => {
    const outcome = expect(backend.listFiles(ID)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringContaining("it did not answer in time"),
    });
    await arrived;
    clock.advance(10_000);
    await outcome;
    expect(clock.pending).toBe(0);
  });

  it("has the command's own time on top of that", async () => {
    let settled = false;
    const outcome = expect(
      backend.execute(ID, COMMAND, {}).finally(() => (settled = true)),
    ).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED", details: { admitted: "unknown" } });
    await arrived;
    clock.advance(39_999);
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    clock.advance(1);
    await outcome;
  });

  it("is waited for as long as its keep-alives come", async () => {
    const controller = new AbortController();
    const beats: (() => void)[] = [];
    server.answers((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(": 0\n\n");
      beats.push(() => response.write(sse("stdout", { data: ".", encoding: "utf8" })));
    });
    let heard = 0;
    const onStdout = (): void => {
      heard += 1;
    };
    const outcome = backend.execute(ID, COMMAND, { onStdout, signal: controller.signal });
    const over = expect(outcome).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED" });
    while (beats.length === 0) await new Promise(setImmediate);
    for (let beat = 1; beat <= 5; beat += 1) {
      beats[0]?.();
      while (heard < beat) await new Promise(setImmediate);
      clock.advance(40_000);
    }
    clock.advance(5_000);
    await over;
  });
});
