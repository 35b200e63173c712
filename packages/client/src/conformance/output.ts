import { describe, expect, it } from "@jest/globals";
import type { World } from "./world.js";

/** All 256 bytes, by a command. */
const ALL_BYTES = "python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)))'";

/** What commands print, and how it reaches the caller. */
export function describeOutput(world: World): void {
  describe("output", () => {
    it("is text with invalid bytes replaced, or exact as base64", async () => {
      const client = await world.clientWithSession();
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      expect((await client.execute(ALL_BYTES)).stdout).toBe(bytes.toString());
      const { stdout } = await client.execute(ALL_BYTES, { encoding: "base64" });
      expect(Buffer.from(stdout, "base64").equals(bytes)).toBe(true);
    });

    it("is cut at its cap, and says so, stream by stream", async () => {
      const client = await world.clientWithSession();
      const command = "head -c 300000 /dev/zero | tr '\\0' x; echo e >&2";
      expect(await client.execute(command, { maxOutputBytes: 1000 })).toMatchObject({
        exitCode: 0,
        stdout: "x".repeat(1000),
        stdoutTruncated: true,
        stderr: "e\n",
        stderrTruncated: false,
      });
      const whole = await client.execute(command, { maxOutputBytes: 300_000 });
      expect(whole).toMatchObject({ stdout: "x".repeat(300_000), stdoutTruncated: false });
      const none = await client.execute(command, { maxOutputBytes: 0 });
      expect(none).toMatchObject({ stdout: "", stdoutTruncated: true, stderrTruncated: true });
    });

    it("comes while the command runs, in order", async () => {
      const client = await world.clientWithSession();
      const heard: string[] = [];
      const command = "echo ready; until [ -f go ]; do sleep 0.05; done; echo done; echo e >&2";
      const uploads: Promise<unknown>[] = [];
      const result = await client.execute(command, {
        onStdout: (text) => {
          heard.push(text);
          if (text === "ready\n") uploads.push(client.uploadBytes("go", ""));
        },
      });
      await Promise.all(uploads);
      expect(heard).toEqual(["ready\n", "done\n"]);
      expect(result).toMatchObject({ exitCode: 0, stdout: "", stderr: "e\n" });
    });

    it("waits for a listener that takes its time, and loses nothing", async () => {
      const client = await world.clientWithSession();
      let length = 0;
      let pieces = 0;
      const result = await client.execute("head -c 3000000 /dev/zero | tr '\\0' x", {
        maxOutputBytes: 4_000_000,
        onStdout: async (text) => {
          await new Promise(setImmediate);
          length += text.length;
          pieces += 1;
        },
      });
      expect(length).toBe(3_000_000);
      expect(pieces).toBeGreaterThan(10);
      expect(result).toMatchObject({ stdout: "", stdoutTruncated: false });
    });

    it("is streamed without splitting characters, or as exact base64", async () => {
      const client = await world.clientWithSession();
      const command = `python3 -c 'print("€🎉" * 50000, end="")'`;
      const heard: string[] = [];
      await client.execute(command, { onStdout: (text) => void heard.push(text) });
      expect(heard.join("")).toBe("€🎉".repeat(50_000));
      const parts: Buffer[] = [];
      await client.execute(ALL_BYTES, {
        encoding: "base64",
        onStdout: (text) => void parts.push(Buffer.from(text, "base64")),
      });
      expect([...Buffer.concat(parts)]).toEqual(Array.from({ length: 256 }, (_, i) => i));
    });

    it("is there of a command that was streamed and timed out", async () => {
      const client = await world.clientWithSession();
      const heard: string[] = [];
      const onStdout = (text: string): void => void heard.push(text);
      const result = await client.execute("echo before; sleep 60", { timeout: 1, onStdout });
      expect(result).toMatchObject({ exitCode: 124, timedOut: true });
      expect(heard).toEqual(["before\n"]);
    });

    it("is whole a thousand times when it comes in a burst right before the end", async () => {
      const client = await world.clientWithSession();
      await client.execute("head -c 65535 /dev/zero | tr '\\0' x > burst; echo >> burst");
      const wanted = `${"x".repeat(65_535)}\n`;
      const wrong: unknown[] = [];
      const runs = async (): Promise<void> => {
        for (let count = 0; count < 250; count += 1) {
          const result = await client.execute("cat burst; cat burst >&2");
          const { stdout, stderr } = result;
          if (stdout === wanted && stderr === wanted) continue;
          wrong.push({ ...result, stdout: stdout.length, stderr: stderr.length });
        }
      };
      await Promise.all([runs(), runs(), runs(), runs()]);
      expect(wrong).toEqual([]);
    }, 180_000);
  });
}
