import { afterEach, describe, expect, it } from "@jest/globals";
import { connect, type Socket } from "node:net";
import type { RequestListener, ServerResponse } from "node:http";
import { systemClock } from "@sandbox-system/contract";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { rawRequest, readAnswer } from "../testing/raw-request.js";
import { HttpListener, ListenError, type ListenerOptions } from "./http-listener.js";

const listeners: HttpListener[] = [];

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop(0)));
});

async function listen(app: RequestListener, options: Partial<ListenerOptions> = {}) {
  const listener = new HttpListener(app, {
    logger: new RecordingLogger(),
    clock: systemClock,
    requestTimeoutMs: 60_000,
    ...options,
  });
  listeners.push(listener);
  await listener.listen(0, "127.0.0.1");
  return listener;
}

const hello: RequestListener = (req, res) => {
  req.resume();
  req.once("end", () => res.end("hello"));
};

const GET = "GET / HTTP/1.1\r\nHost: x\r\n";

/** An application whose answers a test ends by hand. */
function held() {
  const answers: ServerResponse[] = [];
  let arrived = (): void => undefined;
  const app: RequestListener = (_req, res) => {
    answers.push(res);
    arrived();
  };
  const next = () => new Promise<void>((resolve) => (arrived = resolve));
  return { app, answers, next };
}

describe("bytes that are not a request", () => {
  it.each([
    ["garbage", "\0\u0001\u0002 garbage\r\n\r\n"],
    ["TLS", Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 10, 13, 10])],
    [
      "two lengths",
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    ],
    [
      "length and chunks",
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["a negative length", `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`],
    ["a header without a colon", `GET / HTTP/1.1\r\nHost x\r\n\r\n`],
    ["a broken chunk", `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ])("%s → 400 with a code", async (_case, bytes) => {
    const { port } = await listen(hello);
    const answer = await rawRequest(port, bytes);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("headers beyond 16 KiB → 413", async () => {
    const { port } = await listen(hello);
    const answer = await rawRequest(port, `${GET}X: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "REQUEST_TOO_LARGE" });
  });

  it("garbage behind a good request gets 400 after the good answer", async () => {
    const { port } = await listen(hello);
    const answer = await rawRequest(port, `${GET}\r\n\0\0\0garbage\r\n\r\n`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/hello[\s\S]*HTTP\/1.1 400 /);
  });

  it("does not disturb others", async () => {
    const { port } = await listen(hello);
    await rawRequest(port, "garbage\r\n\r\n");
    const answer = await rawRequest(port, `${GET}Connection: close\r\n\r\n`);
    expect(answer.status).toBe(200);
  });
});

describe("a request that trickles in", () => {
  const slow = { requestTimeoutMs: 50, headersTimeoutMs: 25, checkIntervalMs: 5 };

  it.each([
    ["headers", "GET / HTTP/1.1\r\nHo"],
    ["a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab"],
  ])(
    "without an end to its %s → 408 with a code, and the connection is closed",
    async (_case, bytes) => {
      const { port } = await listen(hello, slow);
      const answer = await rawRequest(port, bytes);
      expect(answer.status).toBe(408);
      expect(JSON.parse(answer.body)).toHaveProperty("code", "REQUEST_TIMEOUT");
    },
  );
});

describe("stop", () => {
  it("lets a running answer finish and closes its connection then", async () => {
    const { app, answers, next } = held();
    const listener = await listen(app);
    const arrived = next();
    const socket = connect(listener.port, "127.0.0.1");
    const answer = readAnswer(socket);
    socket.write(`${GET}\r\n`);
    await arrived;
    const stopped = listener.stop(60_000);
    answers[0]?.end("late");
    expect(await answer).toMatchObject({ status: 200, body: expect.stringContaining("late") });
    await stopped;
  });

  it("closes idle connections at once and accepts no new ones", async () => {
    const listener = await listen(hello);
    const { port } = listener;
    const idle = connect(port, "127.0.0.1");
    idle.write(`${GET}\r\n`);
    await new Promise((resolve) => idle.once("data", resolve));
    await listener.stop(60_000);
    await expect(connected(connect(port, "127.0.0.1"))).rejects.toThrow("ECONNREFUSED");
  });

  it("closes a connection whose answer had begun before, once it is done", async () => {
    const { app, answers, next } = held();
    const listener = await listen(app);
    const arrived = next();
    const socket = connect(listener.port, "127.0.0.1");
    const answer = readAnswer(socket);
    socket.write(`${GET}\r\n`);
    await arrived;
    answers[0]?.write("begun ");
    const stopped = listener.stop(60_000);
    answers[0]?.end("done");
    await stopped;
    expect((await answer).body).toContain("done");
  });

  it("cuts what is not done by the deadline", async () => {
    const clock = new FakeClock();
    const { app, next } = held();
    const listener = await listen(app, { clock });
    const arrived = next();
    const socket = connect(listener.port, "127.0.0.1");
    const answer = readAnswer(socket);
    socket.write(`${GET}\r\n`);
    await arrived;
    const stopped = listener.stop(1000);
    clock.advance(1000);
    await stopped;
    expect((await answer).head).toBe("");
    expect(clock.pending).toBe(0);
  });
});

describe("listen", () => {
  it("says which port is taken and what to do", async () => {
    const { port } = await listen(hello);
    const second = new HttpListener(hello, {
      logger: new RecordingLogger(),
      clock: systemClock,
      requestTimeoutMs: 1000,
    });
    const failure = second.listen(port, "127.0.0.1");
    await expect(failure).rejects.toThrow(ListenError);
    await expect(failure).rejects.toThrow(`Port ${String(port)} on 127.0.0.1 is already in use.`);
  });

  it("says when the address is not this machine's", async () => {
    const listener = new HttpListener(hello, {
      logger: new RecordingLogger(),
      clock: systemClock,
      requestTimeoutMs: 1000,
    });
    await expect(listener.listen(0, "192.0.2.1")).rejects.toThrow("not an address of this machine");
  });
});

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
}
