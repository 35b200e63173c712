import { beforeEach, describe, expect, it } from "@jest/globals";
import { sandboxError } from "@sandbox-system/contract";
import { SandboxClient } from "../sandbox-client.js";
import { FakeBackend, ignore, success } from "../testing/fake-backend.js";

describe("listening to a command", () => {
  let backend: FakeBackend;
  let client: SandboxClient;

  beforeEach(async () => {
    backend = new FakeBackend();
    client = new SandboxClient({ mode: "local" }, { backend });
    await client.getOrCreateSession({ userId: "u", threadId: "t" });
  });

  const prints = (bytes: Buffer, cut: number) => {
    backend.runner = async ({ hooks }) => {
      await hooks.onStdout?.(bytes.subarray(0, cut));
      await hooks.onStdout?.(bytes.subarray(cut));
      return success();
    };
  };

  it("never splits a character, wherever the pieces are cut", async () => {
    const text = "aß€🎉z";
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      prints(bytes, cut);
      const heard: string[] = [];
      await client.execute("x", { onStdout: (piece) => void heard.push(piece) });
      expect(heard.join("")).toBe(text);
      expect(heard.join("")).not.toContain("\ufffd");
    }
  });

  it("hears of a character that never came to its end", async () => {
    prints(Buffer.from([0x61, 0xe2, 0x82]), 1);
    const heard: string[] = [];
    await client.execute("x", { onStdout: (piece) => void heard.push(piece) });
    expect(heard.join("")).toBe("a\ufffd");
  });

  it("gets exact bytes as base64, each piece by itself", async () => {
    prints(Buffer.from([0, 255, 1]), 1);
    const heard: string[] = [];
    const onStdout = (piece: string): void => void heard.push(piece);
    await client.execute("x", { onStdout, encoding: "base64" });
    expect(heard).toEqual(["AA==", "/wE="]);
  });

  it("kills the command and passes on what a listener throws", async () => {
    const fault = new Error("listener");
    let killed = false;
    backend.runner = async ({ hooks }) => {
      await hooks.onStderr?.(Buffer.from("1"));
      killed = hooks.signal?.aborted ?? false;
      await hooks.onStderr?.(Buffer.from("2"));
      throw sandboxError("OPERATION_ABORTED", "aborted");
    };
    let heard = 0;
    const onStderr = (): void => {
      heard += 1;
      throw fault;
    };
    await expect(client.execute("x", { onStderr })).rejects.toBe(fault);
    expect({ killed, heard }).toEqual({ killed: true, heard: 1 });
  });

  it("passes on what a listener throws even if the command ended well", async () => {
    prints(Buffer.from([0xe2]), 1);
    const onStdout = (): Promise<void> => Promise.reject(new Error("late"));
    await expect(client.execute("x", { onStdout })).rejects.toThrow("late");
  });

  it("can be aborted, in one wording", async () => {
    const controller = new AbortController();
    backend.runner = ({ hooks }) =>
      new Promise((_resolve, reject) => {
        hooks.signal?.addEventListener("abort", () => {
          reject(sandboxError("OPERATION_ABORTED", "whatever", { requestId: "req_1" }));
        });
        controller.abort();
      });
    const aborted = {
      code: "OPERATION_ABORTED",
      message: "The command was stopped by its AbortSignal.",
    };
    const { signal } = controller;
    await expect(client.execute("x", { signal, onStdout: ignore })).rejects.toMatchObject({
      ...aborted,
      requestId: "req_1",
    });
    await expect(client.execute("x", { signal })).rejects.toMatchObject(aborted);
    expect(backend.executions).toHaveLength(1);
  });

  it.each([
    [{ timeout: 0 }, "timeout"],
    [{ timeout: 3601 }, "timeout"],
    [{ timeout: Number.NaN }, "timeout"],
    [{ maxOutputBytes: -1 }, "maxOutputBytes"],
    [{ maxOutputBytes: 16_777_217 }, "maxOutputBytes"],
    [{ env: { "A=B": "x" } }, "env.A=B"],
    [{ cwd: "a\0b" }, "cwd"],
    [{ stdin: "x".repeat(1_048_577) }, "stdin"],
    [{ encoding: "latin1" as "utf8" }, "encoding"],
    [{ idempotencyKey: "a b" }, "Idempotency-Key"],
  ])("refuses %p before anything is sent", async (options, named) => {
    await expect(client.execute("x", options)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining(named),
    });
    expect(backend.executions).toHaveLength(0);
  });

  it.each(["", "  \n", "a\0b", "x".repeat(65_537)])("refuses a bad command", async (command) => {
    await expect(client.execute(command)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("command: must not"),
    });
  });
});
