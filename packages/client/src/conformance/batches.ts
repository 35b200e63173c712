import { describe, expect, it } from "@jest/globals";
import type { World } from "./world.js";

/** Lists of commands. */
export function describeBatches(world: World): void {
  describe("a batch", () => {
    it("runs in one session, in order, and goes on after what cannot be run", async () => {
      await using batch = world.batchClient();
      const { userId, threadId } = world.thread();
      const commands = ["echo one > file", "rm file", "cat file", "exit 3", "sleep 60"];
      const results = await batch.executeBatch(commands, { userId, threadId, timeout: 1 });
      expect(results.map(({ exitCode }) => exitCode)).toEqual([0, -1, 0, 3, 124]);
      expect(results[2]?.stdout).toBe("one\n");
      expect(results[1]?.stderr).toContain("rm");
      expect(results[1]?.error).toMatchObject({ code: "COMMAND_REJECTED" });
      const client = world.client();
      expect(await client.getOrCreateSession({ userId, threadId })).toMatchObject({
        status: "existing",
      });
      expect((await client.readFile("file")).toString()).toBe("one\n");
    });

    it("has a session of its own otherwise", async () => {
      await using batch = world.batchClient();
      const results = await batch.executeBatch(["echo x > file", "ls"]);
      expect(results[1]?.stdout).toBe("file\n");
      expect((await batch.executeBatch(["ls"]))[0]?.stdout).toBe("");
    });
  });
}
