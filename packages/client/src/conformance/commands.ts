import { describe, expect, it } from "@jest/globals";
import type { World } from "./world.js";

/** Running commands: results, input, ends. */
export function describeCommands(world: World): void {
  describe("commands", () => {
    it("tell all about how they went", async () => {
      const client = await world.clientWithSession();
      expect(await client.execute("echo out; echo err >&2; exit 3")).toEqual({
        exitCode: 3,
        stdout: "out\n",
        stderr: "err\n",
        executionTimeMs: expect.any(Number),
        timedOut: false,
        oomKilled: false,
        stdoutTruncated: false,
        stderrTruncated: false,
        sessionRecreated: false,
      });
    });

    it("may fail in any way that commands do", async () => {
      const client = await world.clientWithSession();
      expect((await client.execute("cat missing")).exitCode).toBe(1);
      expect((await client.execute("exit 255")).exitCode).toBe(255);
      const killed = "python3 -c 'import os; os.kill(os.getpid(), 9)'";
      expect(await client.execute(killed)).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
      expect(await client.execute("echo fine")).toMatchObject({ exitCode: 0, stdout: "fine\n" });
    });

    it("are stopped at their timeout, and what they printed until then is there", async () => {
      const client = await world.clientWithSession();
      const result = await client.execute("echo before; sleep 60; echo after", { timeout: 1 });
      expect(result).toMatchObject({ exitCode: 124, timedOut: true, stdout: "before\n" });
      expect((await client.execute("echo fine")).stdout).toBe("fine\n");
    });

    it("read what they are given, and nothing otherwise", async () => {
      const client = await world.clientWithSession();
      const stdin = `grüße 🎉\n${"x".repeat(500_000)}`;
      expect((await client.execute("cat", { stdin })).stdout).toBe(stdin);
      expect((await client.execute("wc -c", { stdin: "" })).stdout).toBe("0\n");
      expect((await client.execute("wc -c")).stdout).toBe("0\n");
    });

    it("run where they are told to", async () => {
      const client = await world.clientWithSession();
      await client.execute("mkdir -p a/b");
      expect((await client.execute("pwd")).stdout).toBe("/workspace\n");
      expect((await client.execute("pwd", { cwd: "a/b" })).stdout).toBe("/workspace/a/b\n");
      await expect(client.execute("pwd", { cwd: "missing" })).rejects.toMatchObject({
        code: "INVALID_REQUEST",
      });
    });

    it("return when they end, whatever they leave running", async () => {
      const client = await world.clientWithSession();
      const result = await client.execute("sleep 999 & echo started", { timeout: 20 });
      expect(result).toMatchObject({ exitCode: 0, stdout: "started\n", timedOut: false });
    });

    it("may overlap in one session", async () => {
      const client = await world.clientWithSession();
      const waiting = client.execute("until [ -f go ]; do sleep 0.05; done; echo went");
      await client.execute("echo now > go");
      expect((await waiting).stdout).toBe("went\n");
    });

    it("are killed when they are aborted", async () => {
      const client = await world.clientWithSession();
      const controller = new AbortController();
      let pid = "";
      const running = client.execute("echo $$; sleep 60; echo after", {
        signal: controller.signal,
        onStdout: (text) => {
          pid += text;
          if (pid.endsWith("\n")) controller.abort();
        },
      });
      await expect(running).rejects.toMatchObject({
        code: "OPERATION_ABORTED",
        message: "The command was stopped by its AbortSignal.",
      });
      const gone = `for i in {1..100}; do [ -d /proc/${pid.trim()} ] || exit 0; sleep 0.1; done; exit 1`;
      expect((await client.execute(gone)).exitCode).toBe(0);
    });

    it("are not sent when they were aborted before", async () => {
      const client = await world.clientWithSession();
      const signal = AbortSignal.abort();
      await expect(client.execute("echo x > ran", { signal })).rejects.toMatchObject({
        code: "OPERATION_ABORTED",
      });
      expect((await client.listFiles()).totalFiles).toBe(0);
    });

    it("run once for an idempotency key", async () => {
      const client = await world.clientWithSession();
      const once = { idempotencyKey: "key-1" };
      const results = await Promise.all([
        client.execute("echo x >> runs; echo ran", once),
        client.execute("echo x >> runs; echo ran", once),
      ]);
      results.push(await client.execute("echo x >> runs; echo ran", once));
      expect(results.map(({ stdout }) => stdout)).toEqual(["ran\n", "ran\n", "ran\n"]);
      expect((await client.readFile("runs")).toString()).toBe("x\n");
      await expect(client.execute("echo other", once)).rejects.toMatchObject({
        code: "IDEMPOTENCY_CONFLICT",
        status: 409,
      });
    });
  });
}
