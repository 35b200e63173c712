import { beforeEach, describe, expect, it } from "@jest/globals";
import { sandboxError } from "@sandbox-system/contract";
import { BatchSandboxClient } from "./batch-sandbox-client.js";
import { FakeBackend, success } from "./testing/fake-backend.js";

describe("a batch", () => {
  let backend: FakeBackend;
  let batch: BatchSandboxClient;

  beforeEach(() => {
    backend = new FakeBackend();
    batch = new BatchSandboxClient({ mode: "local" }, { backend });
  });

  it("runs its commands in order in one session and gives a result for each", async () => {
    const results = await batch.executeBatch(["a", "b", "c"], { threadId: "t", timeout: 7 });
    expect(results.map(({ stdout }) => stdout)).toEqual(["t: a", "t: b", "t: c"]);
    expect(backend.executions.map(({ command }) => command.body.timeout)).toEqual([7, 7, 7]);
    expect(backend.requests).toEqual([{ userId: "batch", threadId: "t" }]);
  });

  it("goes on after a command that cannot be run", async () => {
    const fault = sandboxError("COMMAND_REJECTED", "not allowed");
    backend.runner = ({ command }) => {
      if (command.body.command === "bad") throw fault;
      return { ...success(), exitCode: 3 };
    };
    const results = await batch.executeBatch(["a", "bad", "", "b"], { threadId: "t" });
    expect(results.map(({ exitCode }) => exitCode)).toEqual([3, -1, -1, 3]);
    expect(results[1]).toMatchObject({ stdout: "", stderr: "not allowed", error: fault });
    expect(results[2]?.stderr).toContain("command: must not be empty");
    expect(results[3]).not.toHaveProperty("error");
  });

  it("leaves the session of a thread open, and closes one of its own", async () => {
    await batch.executeBatch(["a"], { threadId: "t" });
    expect(backend.ended).toEqual([]);
    await batch.executeBatch(["a"]);
    await batch.executeBatch([]);
    expect(backend.ended).toHaveLength(2);
    expect(new Set(backend.requests.map(({ threadId }) => threadId)).size).toBe(3);
  });

  it("may overlap with others", async () => {
    const [one, two] = await Promise.all([
      batch.executeBatch(["a", "b"], { threadId: "1" }),
      batch.executeBatch(["a", "b"], { threadId: "2" }),
    ]);
    expect(one.map(({ stdout }) => stdout)).toEqual(["1: a", "1: b"]);
    expect(two.map(({ stdout }) => stdout)).toEqual(["2: a", "2: b"]);
  });

  it("rejects when there is no session to run in", async () => {
    backend.getOrCreateSession = () => Promise.reject(sandboxError("POOL_EXHAUSTED", "full"));
    await expect(batch.executeBatch(["a"])).rejects.toMatchObject({ code: "POOL_EXHAUSTED" });
  });

  it("lets go of the backend at its end", async () => {
    {
      await using scoped = batch;
      await scoped.executeBatch(["a"]);
    }
    expect(backend.closings).toBe(1);
  });
});
