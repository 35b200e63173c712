import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, jest } from "@jest/globals";
import { containersOf, engine, makeService, openSession, TENANT } from "./testing/real-service.js";

// Containers start in 0.3 s, on a busy machine in several.
jest.setTimeout(60_000);

describe("set-ups", () => {
  it("a fork bomb in the background does not wedge its session", async () => {
    const service = makeService({ POOL_SIZE: "0" });
    await service.start();
    try {
      const { run, out } = await openSession(service, "bomb");
      await run(":(){ :|:& };:");
      expect(await out("echo usable")).toBe("usable");
    } finally {
      await service.stop();
    }
  });

  it("a container killed from outside is a lost session, and only that one", async () => {
    const service = makeService({ POOL_SIZE: "0" });
    await service.start();
    try {
      const victim = await openSession(service, "victim");
      const [container = ""] = await containersOf(service);
      const neighbour = await openSession(service, "neighbour");
      await neighbour.run("echo mine > f");
      let started!: () => void;
      const hasStarted = new Promise<void>((resolve) => {
        started = resolve;
      });
      const running = service.execute(
        TENANT,
        victim.sessionId,
        { command: "echo started; sleep 60" },
        {
          onStdout: () => {
            started();
          },
        },
      );
      running.catch(() => undefined);
      await hasStarted;
      await engine.remove(container);
      await expect(running).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED" });
      await expect(victim.run("echo")).rejects.toMatchObject({ code: "SESSION_LOST" });
      expect(await neighbour.out("cat f")).toBe("mine");
    } finally {
      await service.stop();
    }
  });

  it("an image without the agent is given it", async () => {
    const service = makeService({ CONTAINER_IMAGE: "debian:bookworm-slim", POOL_SIZE: "0" });
    await service.start();
    try {
      const { out, run } = await openSession(service, "plain");
      expect(await out("id -un; pwd; echo $HOME; echo x > f; cat f")).toBe(
        "sandboxuser\n/workspace\n/home/sandboxuser\nx",
      );
      expect((await run("touch /usr/local/bin/execd")).exitCode).not.toBe(0);
    } finally {
      await service.stop();
    }
  });

  it("works over attach", async () => {
    const service = makeService({ EXECD_TRANSPORT: "attach", POOL_SIZE: "0" });
    await service.start();
    try {
      const { sessionId, out, run } = await openSession(service, "attach");
      expect(await out("echo hi")).toBe("hi");
      const bytes = randomBytes(3_000_000);
      await service.writeFile(TENANT, sessionId, "b", bytes);
      const back = await service.readFile(TENANT, sessionId, "b");
      expect((await buffer(back.content)).equals(bytes)).toBe(true);
      expect((await run("sleep 5", { timeoutMs: 200 })).timedOut).toBe(true);
    } finally {
      await service.stop();
    }
    expect(await containersOf(service)).toEqual([]);
  });

  it("a session that expires takes its container along", async () => {
    const service = makeService({ POOL_SIZE: "0" });
    await service.start();
    try {
      const { sessionId } = await service.getOrCreateSession(TENANT, {
        userId: "u",
        threadId: "t",
        timeoutMinutes: 0.005,
      });
      const ended = new Promise<void>((resolve) => setTimeout(resolve, 400));
      await ended;
      await expect(service.execute(TENANT, sessionId, { command: "echo" })).rejects.toMatchObject({
        code: "SESSION_EXPIRED",
      });
    } finally {
      await service.stop();
    }
    expect(await containersOf(service)).toEqual([]);
  });
});
