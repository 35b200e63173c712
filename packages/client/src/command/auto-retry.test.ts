import { beforeEach, describe, expect, it } from "@jest/globals";
import {
  ERROR_CODES,
  type ErrorCode,
  sandboxError,
  SessionExpiredError,
} from "@sandbox-system/contract";
import { SandboxClient } from "../sandbox-client.js";
import { FakeBackend, gate, success } from "../testing/fake-backend.js";

const REQUEST = { userId: "u", threadId: "a", timeoutMinutes: 3, env: { X: "1" } };
const RECREATED_ON: readonly ErrorCode[] = ["SESSION_EXPIRED", "SESSION_LOST", "SESSION_NOT_FOUND"];
const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe("autoRetry", () => {
  let backend: FakeBackend;
  let client: SandboxClient;

  beforeEach(async () => {
    backend = new FakeBackend();
    client = new SandboxClient({ mode: "local" }, { backend });
    await client.getOrCreateSession(REQUEST);
  });

  const failingOnce = (code: ErrorCode) => {
    let runs = 0;
    backend.runner = () => {
      runs += 1;
      if (runs === 1) throw sandboxError(code, "once");
      return success("ran");
    };
    return () => runs;
  };

  it("runs once more in a new session, made with the same request, and says so", async () => {
    const over = client.session?.sessionId;
    backend.expire(over);
    const result = await client.execute("x");
    expect(result).toMatchObject({ exitCode: 0, stdout: "a: x", sessionRecreated: true });
    expect(backend.requests).toEqual([REQUEST, REQUEST]);
    expect(client.session?.sessionId).not.toBe(over);
  });

  it.each(CODES)("answers %s as the table says", async (code) => {
    const runs = failingOnce(code);
    const outcome = await client.execute("x").then(
      ({ sessionRecreated }) => ({ sessionRecreated, runs: runs() }),
      (error: unknown) => ({ code: (error as { code?: unknown }).code, runs: runs() }),
    );
    expect(outcome).toEqual(
      RECREATED_ON.includes(code) ? { sessionRecreated: true, runs: 2 } : { code, runs: 1 },
    );
  });

  it.each(RECREATED_ON)("switched off, hands %s to the caller", async (code) => {
    const runs = failingOnce(code);
    const error: unknown = await client
      .execute("x", { autoRetry: false })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SessionExpiredError);
    expect(error).toMatchObject({ code });
    expect(runs()).toBe(1);
  });

  it("runs once more only once", async () => {
    let runs = 0;
    backend.runner = () => {
      runs += 1;
      throw sandboxError("SESSION_LOST", "again");
    };
    await expect(client.execute("x")).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(runs).toBe(2);
  });

  it("passes on why there is no new session", async () => {
    backend.expire(client.session?.sessionId);
    backend.getOrCreateSession = () => Promise.reject(sandboxError("POOL_EXHAUSTED", "full"));
    await expect(client.execute("x")).rejects.toMatchObject({ code: "POOL_EXHAUSTED" });
    backend.getOrCreateSession = FakeBackend.prototype.getOrCreateSession.bind(backend);
    expect((await client.execute("x")).sessionRecreated).toBe(true);
  });

  it("makes one new session for many commands that find the old one gone", async () => {
    backend.expire(client.session?.sessionId);
    const held = gate();
    backend.beforeSession = () => held.passed;
    const many = Promise.all(Array.from({ length: 10 }, () => client.execute("x")));
    held.open();
    const results = await many;
    expect(results.every(({ sessionRecreated }) => sessionRecreated)).toBe(true);
    expect(backend.requests).toHaveLength(2);
    expect(new Set(backend.executions.map(({ sessionId }) => sessionId))).toEqual(
      new Set([client.session?.sessionId]),
    );
    expect((await client.execute("x")).sessionRecreated).toBe(false);
  });

  it("does not switch a client back that went on to another thread", async () => {
    backend.expire(client.session?.sessionId);
    const held = gate();
    backend.beforeSession = ({ threadId }) => (threadId === "a" ? held.passed : Promise.resolve());
    const running = client.execute("x");
    await client.getOrCreateSession({ userId: "u", threadId: "b" });
    held.open();
    expect(await running).toMatchObject({ stdout: "a: x", sessionRecreated: true });
    expect(client.threadId).toBe("b");
  });

  it("does not concern file operations", async () => {
    backend.expire(client.session?.sessionId);
    await expect(client.uploadBytes("f", "x")).rejects.toBeInstanceOf(SessionExpiredError);
    await expect(client.listFiles()).rejects.toBeInstanceOf(SessionExpiredError);
    expect(backend.requests).toHaveLength(1);
  });
});
