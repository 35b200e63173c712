import { beforeEach, describe, expect, it } from "@jest/globals";
import { text } from "node:stream/consumers";
import { type ExecBody, execRequestSchema, sandboxError } from "@sandbox-system/contract";
import type { SandboxBackend } from "../backend/sandbox-backend.js";
import { ignore, success } from "../testing/fake-backend.js";
import { FakeHostProcess } from "../testing/fake-host-process.js";
import { type FakeSandboxModule, fakeSandboxModule } from "../testing/fake-sandbox-module.js";
import { EngineRooms } from "./engine-rooms.js";
import { createLocalBackend } from "./local-backend.js";

const REQUEST = { userId: "u", threadId: "t" };

function body(command: string, more: Partial<ExecBody> = {}): ExecBody {
  return { ...execRequestSchema.parse({ command }), ...more };
}

describe("the local backend", () => {
  let sandbox: FakeSandboxModule;
  let rooms: EngineRooms;
  let backend: SandboxBackend;

  beforeEach(() => {
    sandbox = fakeSandboxModule();
    rooms = new EngineRooms({
      host: new FakeHostProcess(),
      importSandbox: () => Promise.resolve(sandbox.module),
      cleanUp: ignore,
    });
    backend = createLocalBackend({ mode: "local" }, rooms);
  });

  const service = () => {
    const [first] = sandbox.services;
    if (first === undefined) throw new Error("no engine room was made");
    return first;
  };

  it("starts the engine room with the first call and gives it back once", async () => {
    expect(sandbox.services).toHaveLength(0);
    await Promise.all([backend.getOrCreateSession(REQUEST), backend.getOrCreateSession(REQUEST)]);
    expect(sandbox.services).toHaveLength(1);
    await Promise.all([backend.close(), backend.close()]);
    expect(service().stops).toBe(1);
    expect([...service().tenants]).toEqual(["default"]);
  });

  it("has nothing to give back when nothing was called", async () => {
    await backend.close();
    expect(sandbox.services).toHaveLength(0);
  });

  it("tries again after the engine room could not start", async () => {
    sandbox.prepare = (made) => {
      made.starting = () => Promise.reject(sandboxError("ENGINE_UNAVAILABLE", "away"));
    };
    await expect(backend.getOrCreateSession(REQUEST)).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
    });
    sandbox.prepare = ignore;
    expect(await backend.getOrCreateSession(REQUEST)).toMatchObject({ status: "created" });
  });

  it("passes a command on in the engine room's units", async () => {
    const command = body("x", { timeout: 1.5, stdin: "in", env: { A: "1" }, cwd: "d" });
    expect((await backend.execute("s", { body: command }, {})).stdout).toBe("x");
    expect(service().requests).toEqual([
      {
        command: "x",
        timeoutMs: 1500,
        stdin: "in",
        env: { A: "1" },
        cwd: "d",
        maxOutputBytes: 1_048_576,
        encoding: "utf8",
      },
    ]);
  });

  it.each([
    [{ out: true, err: false }, ["o1", "o2"], { stdout: "", stderr: "e1" }],
    [{ out: false, err: true }, ["e1"], { stdout: "o1o2", stderr: "" }],
    [{ out: true, err: true }, ["o1", "e1", "o2"], { stdout: "", stderr: "" }],
  ])("streams what is listened to (%j) and gives the rest whole", async (listens, pieces, rest) => {
    sandbox.prepare = (made) => {
      made.execution = async (_request, { onStdout, onStderr }) => {
        await onStdout?.(Buffer.from("o1"));
        await onStderr?.(Buffer.from("e1"));
        await onStdout?.(Buffer.from("o2"));
        return success();
      };
    };
    const heard: string[] = [];
    const hear = (chunk: Buffer): void => void heard.push(chunk.toString());
    const result = await backend.execute(
      "s",
      { body: body("x") },
      { onStdout: listens.out ? hear : undefined, onStderr: listens.err ? hear : undefined },
    );
    expect(heard).toEqual(pieces);
    expect(result).toMatchObject(rest);
  });

  it("opens downloads with their size", async () => {
    const { content, sizeBytes } = await backend.readFile("s", "f");
    expect(sizeBytes).toBe(3);
    expect(await text(content)).toBe("abc");
  });

  describe("with an idempotency key", () => {
    it("runs a command once for all clients of the room, and gives its result again", async () => {
      const other = createLocalBackend({ mode: "local" }, rooms);
      const command = { body: body("x"), idempotencyKey: "k" };
      const results = await Promise.all([
        backend.execute("s", command, {}),
        other.execute("s", command, {}),
        backend.execute("s", command, {}),
      ]);
      expect(results.map(({ stdout }) => stdout)).toEqual(["x", "x", "x"]);
      expect(service().requests).toHaveLength(1);
    });

    it("gives a listener the text of the first run", async () => {
      const command = { body: body("x"), idempotencyKey: "k" };
      await backend.execute("s", command, {});
      const heard: string[] = [];
      const onStdout = (chunk: Buffer): void => void heard.push(chunk.toString());
      expect((await backend.execute("s", command, { onStdout })).stdout).toBe("");
      expect(heard).toEqual(["x"]);
    });

    it("refuses the key for another command, but not for another session", async () => {
      await backend.execute("s", { body: body("x"), idempotencyKey: "k" }, {});
      await expect(
        backend.execute("s", { body: body("y"), idempotencyKey: "k" }, {}),
      ).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
      await backend.execute("s2", { body: body("y"), idempotencyKey: "k" }, {});
      expect(service().requests).toHaveLength(2);
    });

    it.each([
      ["COMMAND_REJECTED", {}, 2],
      ["OPERATION_INTERRUPTED", { admitted: false }, 2],
      ["OPERATION_INTERRUPTED", { admitted: "unknown" }, 1],
      ["WORKSPACE_SIZE_EXCEEDED", {}, 1],
    ] as const)("after %s %j has run %d times when called twice", async (code, details, runs) => {
      sandbox.prepare = (made) => {
        made.execution = () => Promise.reject(sandboxError(code, "no", { details }));
      };
      const command = { body: body("x"), idempotencyKey: "k" };
      for (let call = 0; call < 2; call += 1) {
        await expect(backend.execute("s", command, {})).rejects.toMatchObject({ code });
      }
      expect(service().requests).toHaveLength(runs);
    });
  });
});
