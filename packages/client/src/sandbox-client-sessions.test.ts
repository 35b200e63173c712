import { beforeEach, describe, expect, it } from "@jest/globals";
import { NoActiveSessionError, SandboxError } from "@sandbox-system/contract";
import { SandboxClient } from "./sandbox-client.js";
import { FakeBackend, gate, success } from "./testing/fake-backend.js";

const A = { userId: "u", threadId: "a" };
const B = { userId: "u", threadId: "b" };

describe("a client's session", () => {
  let backend: FakeBackend;
  let client: SandboxClient;

  beforeEach(() => {
    backend = new FakeBackend();
    client = new SandboxClient({ mode: "local" }, { backend });
  });

  it("is wanted by everything that works in one", async () => {
    const attempts = [
      () => client.execute("echo"),
      () => client.listFiles(),
      () => client.readFile("a"),
      () => client.downloadFile("a"),
      () => client.uploadFile("/nowhere"),
      () => client.uploadBytes("a", "x"),
      () => client.removeFile("a"),
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NoActiveSessionError);
      expect(error).toMatchObject({
        code: "NO_ACTIVE_SESSION",
        message: "No active session. Call getOrCreateSession() first.",
      });
    }
  });

  it("shows what was got", async () => {
    expect([client.session, client.threadId, client.userId]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const session = await client.getOrCreateSession(A);
    expect(client.session).toBe(session);
    expect([client.threadId, client.userId]).toEqual(["a", "u"]);
  });

  it("is switched by asking for another thread, and found again", async () => {
    const first = await client.getOrCreateSession(A);
    await client.getOrCreateSession(B);
    expect((await client.execute("x")).stdout).toBe("b: x");
    const again = await client.getOrCreateSession(A);
    expect(again).toMatchObject({ sessionId: first.sessionId, status: "existing" });
    expect((await client.execute("x")).stdout).toBe("a: x");
    expect(backend.ended).toEqual([]);
  });

  it("stays with the call that was made in it when the client switches meanwhile", async () => {
    await client.getOrCreateSession(A);
    const held = gate();
    backend.runner = async ({ threadId }) => {
      if (threadId === "a") await held.passed;
      return success(threadId);
    };
    const running = client.execute("x");
    await client.getOrCreateSession(B);
    held.open();
    expect((await running).stdout).toBe("a");
    expect((await client.execute("x")).stdout).toBe("b");
  });

  it.each(["a answers first", "b answers first", "both answer in one turn"])(
    "belongs to the call that follows its own await, when %s",
    async (order) => {
      const gates = { a: gate(), b: gate() };
      backend.beforeSession = ({ threadId }) => gates[threadId as "a" | "b"].passed;
      const run = async (request: typeof A): Promise<string> => {
        await client.getOrCreateSession(request);
        return (await client.execute("x")).stdout;
      };
      // Some functions of the caller's own between the two change nothing.
      const wrapped = async (request: typeof A): Promise<string> => await run(request);
      const both = Promise.all([wrapped(A), wrapped(B)]);
      const [first, second] = order.startsWith("b") ? [gates.b, gates.a] : [gates.a, gates.b];
      first.open();
      if (order !== "both answer in one turn") await new Promise(setImmediate);
      second.open();
      expect(await both).toEqual(["a: x", "b: x"]);
    },
  );

  it("is the same for many that ask at once", async () => {
    const sessions = await Promise.all(
      Array.from({ length: 20 }, () => client.getOrCreateSession(A)),
    );
    expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  it("passes on what the session is to be made with", async () => {
    const request = { ...A, timeoutMinutes: 5, env: { X: "1" }, metadata: { team: "t" } };
    await client.getOrCreateSession(request);
    expect(backend.requests).toEqual([request]);
  });

  it.each([
    [{ userId: "", threadId: "a" }, "userId"],
    [{ userId: "u", threadId: "a\nb" }, "threadId"],
    [{ ...A, timeoutMinutes: 0 }, "timeoutMinutes"],
    [{ ...A, env: { "1A": "x" } }, "env.1A"],
    [{} as typeof A, "userId"],
  ])("refuses %j before anything is sent, naming the option", async (request, option) => {
    const error: unknown = await client.getOrCreateSession(request).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "INVALID_REQUEST" });
    expect((error as Error).message).toContain(`${option}:`);
    expect(backend.requests).toEqual([]);
  });
});

describe("ending a session", () => {
  let backend: FakeBackend;
  let client: SandboxClient;

  beforeEach(() => {
    backend = new FakeBackend();
    client = new SandboxClient({ mode: "local" }, { backend });
  });

  it("ends the active one and leaves none", async () => {
    const { sessionId } = await client.getOrCreateSession(A);
    await client.closeSession();
    expect(backend.ended).toEqual([sessionId]);
    expect(client.session).toBeUndefined();
    await expect(client.execute("x")).rejects.toBeInstanceOf(NoActiveSessionError);
  });

  it("does nothing without one", async () => {
    await client.closeSession();
    await client.closeSession({ threadId: "unknown" });
    expect(backend.ended).toEqual([]);
  });

  it("ends another thread's by its name and keeps the active one", async () => {
    const a = await client.getOrCreateSession(A);
    const b = await client.getOrCreateSession(B);
    await client.closeSession({ threadId: "a" });
    expect(backend.ended).toEqual([a.sessionId]);
    expect(client.session).toBe(b);
    await client.closeSession({ threadId: "b" });
    expect(client.session).toBeUndefined();
  });

  it("ends a thread's that another client opened", async () => {
    const { sessionId } = await client.getOrCreateSession(A);
    const other = new SandboxClient({ mode: "local" }, { backend });
    await other.closeSession({ threadId: "a" });
    expect(backend.ended).toEqual([sessionId]);
  });

  it("is not undone by a command that runs into it", async () => {
    const { sessionId } = await client.getOrCreateSession(A);
    const ending = client.closeSession();
    backend.expire(sessionId);
    await expect(client.execute("x")).rejects.toMatchObject({ code: "SESSION_EXPIRED" });
    await ending;
    expect(backend.requests).toHaveLength(1);
  });

  it("keeps the session when it fails", async () => {
    await client.getOrCreateSession(A);
    const fault = new SandboxError("SERVER_UNREACHABLE", "away");
    backend.endSession = () => Promise.reject(fault);
    await expect(client.closeSession()).rejects.toBe(fault);
    expect(client.threadId).toBe("a");
    backend.expire(client.session?.sessionId);
    expect((await client.execute("x")).sessionRecreated).toBe(true);
  });

  it("happens on close, once, and the backend is let go even if it fails", async () => {
    await client.getOrCreateSession(A);
    backend.endSession = () => Promise.reject(new SandboxError("SERVER_UNREACHABLE", "away"));
    await expect(client.close()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(client.close()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(backend.closings).toBe(1);
  });

  it("happens at the end of `await using`", async () => {
    {
      await using scoped = client;
      await scoped.getOrCreateSession(A);
    }
    expect(backend.ended).toHaveLength(1);
    expect(backend.closings).toBe(1);
    await expect(client.getOrCreateSession(A)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: "This client is closed. Make a new SandboxClient.",
    });
  });
});
