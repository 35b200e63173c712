import { describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as elapsed } from "node:timers/promises";
import { promisify } from "node:util";
import { SessionExpiredError } from "@sandbox-system/contract";
import type { SandboxClient } from "../sandbox-client.js";
import type { World } from "./world.js";

const run = promisify(execFile);

/** 1.2 seconds: the shortest idle time that leaves room for a command on a busy machine. */
const SHORT_MINUTES = 0.02;

/** Longer than {@link SHORT_MINUTES}. Time itself is what these tests are about, so they let it pass. */
const IDLE_MS = 1_800;

/** How sessions end, and what their clients notice. */
export function describeSessionEnds(world: World): void {
  describe("a session that was closed", () => {
    it("is gone with its files, and its thread is free", async () => {
      const client = world.client();
      const request = world.thread();
      const first = await client.getOrCreateSession(request);
      await client.uploadBytes("a", "x");
      await client.closeSession();
      await client.closeSession();
      expect(client.session).toBeUndefined();
      const second = await client.getOrCreateSession(request);
      expect(second.status).toBe("created");
      expect(second.sessionId).not.toBe(first.sessionId);
      expect((await client.listFiles()).totalFiles).toBe(0);
    });

    it("may be closed by its thread's name, from any client", async () => {
      const client = await world.clientWithSession();
      const { threadId } = client;
      const other = await world.clientWithSession();
      await other.closeSession({ threadId });
      await other.closeSession({ threadId });
      expect(other.threadId).not.toBe(threadId);
      await expect(client.listFiles()).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
        status: 404,
        message:
          "There is no such session: it was never created, or was closed. Create it to go on.",
      });
    });
  });

  const ends: [string, string, (client: SandboxClient) => Promise<void>][] = [
    [
      "was closed elsewhere",
      "SESSION_NOT_FOUND",
      async ({ threadId }) => {
        await world.client().closeSession({ threadId });
      },
    ],
    [
      "expired",
      "SESSION_EXPIRED",
      async () => {
        await elapsed(IDLE_MS);
      },
    ],
    [
      "lost its container",
      "SESSION_LOST",
      async (client) => {
        await run("docker", ["kill", await containerOf(client)]);
      },
    ],
  ];

  describe.each(ends)("a session that %s", (_what, code, end) => {
    it(`answers ${code} when nothing else is asked for`, async () => {
      const client = await world.clientWithSession({ timeoutMinutes: SHORT_MINUTES });
      await end(client);
      const error: unknown = await client
        .execute("echo hi", { autoRetry: false })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SessionExpiredError);
      expect(error).toMatchObject({ code, status: 404, retryable: false });
      await expect(client.uploadBytes("a", "x")).rejects.toMatchObject({ code });
      await expect(client.readFile("a")).rejects.toMatchObject({ code });
      await expect(client.listFiles()).rejects.toMatchObject({ code });
    });

    it("is made anew for a command, which says so", async () => {
      const client = await world.clientWithSession({ timeoutMinutes: SHORT_MINUTES });
      await client.execute("echo old > file");
      const before = client.session;
      await end(client);
      const result = await client.execute("ls -A; echo end");
      expect(result).toMatchObject({ exitCode: 0, stdout: "end\n", sessionRecreated: true });
      expect(client.session?.sessionId).not.toBe(before?.sessionId);
      expect(client.threadId).toBe(before?.threadId);
    });
  });

  it("a session that is used does not expire", async () => {
    const client = await world.clientWithSession({ timeoutMinutes: SHORT_MINUTES });
    for (let use = 0; use < 6; use += 1) {
      await elapsed(IDLE_MS / 6);
      await client.execute("echo x >> uses", { autoRetry: false });
    }
    expect((await client.readFile("uses")).toString()).toBe("x\n".repeat(6));
  });

  it("a session is not idle while a command runs", async () => {
    const client = await world.clientWithSession({ timeoutMinutes: SHORT_MINUTES });
    const result = await client.execute("sleep 3; echo still here", { autoRetry: false });
    expect(result).toMatchObject({ exitCode: 0, stdout: "still here\n" });
  });
}

/** The container of a client's session: of its worker's containers the one that shows a new file. */
async function containerOf(client: SandboxClient): Promise<string> {
  const marker = `marker-${randomUUID()}`;
  await client.uploadBytes(marker, "");
  const filter = `label=sandbox.worker=${client.session?.workerId ?? ""}`;
  const { stdout } = await run("docker", ["ps", "-q", "--filter", filter]);
  const found = stdout.split("\n").map(async (id) => {
    await run("docker", ["exec", id, "ls", `/workspace/${marker}`]);
    return id;
  });
  return Promise.any(found);
}
