import { describe, expect, it } from "@jest/globals";
import type { World } from "./world.js";

/** Getting sessions, and what they keep. */
export function describeSessions(world: World): void {
  describe("sessions", () => {
    it("are created once for a thread and found again, with all that is known of them", async () => {
      const client = world.client();
      const request = { ...world.thread(), timeoutMinutes: 5, metadata: { team: "ü" } };
      const created = await client.getOrCreateSession(request);
      expect(created).toEqual({
        sessionId: expect.stringMatching(/^ses_[0-9A-Z]{26}$/),
        threadId: request.threadId,
        userId: "conformance",
        status: "created",
        workspaceDir: "/workspace",
        user: "sandboxuser",
        workerId: expect.any(String),
        createdAt: expect.any(Date),
        lastActivity: expect.any(Date),
        expiresAt: expect.any(Date),
        metadata: { team: "ü" },
      });
      const idleMs = created.expiresAt.getTime() - created.lastActivity.getTime();
      expect(idleMs).toBe(5 * 60_000);
      const found = await world.client().getOrCreateSession(request);
      expect(found).toMatchObject({ sessionId: created.sessionId, status: "existing" });
    });

    it("keep files from one command to the next", async () => {
      const client = await world.clientWithSession();
      await client.execute(`echo '{"data": [1,2,3]}' > data.json`);
      const result = await client.execute("jq '.data | add' data.json");
      expect(result).toMatchObject({ exitCode: 0, stdout: "6\n", stderr: "" });
      expect(result.sessionRecreated).toBe(false);
    });

    it("do not see each other's files", async () => {
      const [one, other] = await Promise.all([
        world.clientWithSession(),
        world.clientWithSession(),
      ]);
      await one.uploadBytes("secret.txt", "mine");
      expect(await other.listFiles()).toMatchObject({ files: [], totalFiles: 0 });
      await expect(other.readFile("secret.txt")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    });

    it("are one when two clients ask for the same thread at the same moment", async () => {
      const request = world.thread();
      const sessions = await Promise.all(
        Array.from({ length: 4 }, () => world.client().getOrCreateSession(request)),
      );
      expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(1);
      const created = sessions.filter(({ status }) => status === "created");
      expect(created).toHaveLength(1);
    });

    it("serve overlapping threads of one client, each its own", async () => {
      const client = world.client();
      const inThread = async (threadId: string): Promise<string> => {
        await client.getOrCreateSession({ userId: "u", threadId });
        await client.execute(`echo ${threadId} > name`);
        await client.getOrCreateSession({ userId: "u", threadId });
        return (await client.execute("cat name")).stdout;
      };
      const { threadId } = world.thread();
      const threads = [`${threadId}-a`, `${threadId}-b`];
      expect(await Promise.all(threads.map(inThread))).toEqual(threads.map((id) => `${id}\n`));
      await Promise.all(threads.map((id) => client.closeSession({ threadId: id })));
    });

    it("have an environment, which a command's own wins over", async () => {
      const client = await world.clientWithSession({ env: { A: "session", B: "ü '\"$x\n" } });
      const script = 'python3 -c \'import os; print(repr((os.environ["A"], os.environ["B"])))\'';
      expect((await client.execute(script)).stdout).toBe(`('session', 'ü \\'"$x\\n')\n`);
      const own = await client.execute('echo "$A"', { env: { A: "command" } });
      expect(own.stdout).toBe("command\n");
      expect((await client.execute('echo "$A"')).stdout).toBe("session\n");
    });

    it("are needed by everything that works in one", async () => {
      await expect(world.client().execute("echo hi")).rejects.toMatchObject({
        code: "NO_ACTIVE_SESSION",
        message: "No active session. Call getOrCreateSession() first.",
      });
    });
  });
}
