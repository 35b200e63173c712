import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { SandboxClient } from "@sandbox-system/client";
import { setTimeout as elapsed } from "node:timers/promises";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(180_000);

const THREADS = 50;
const CALLS = 200;

/** What a surplus sandbox would be removed within, milliseconds. */
const SETTLED_MS = 5000;

describe("200 calls at once for 50 threads, through two coordinators", () => {
  const cluster = new TestCluster({
    workers: 2,
    coordinators: 2,
    env: { POOL_SIZE: "10", MAX_POOL_SIZE: "40" },
  });

  beforeAll(() => cluster.start());
  afterAll(() => cluster.cleanUp());

  it("give 50 sessions, one creation each, and no surplus sandbox", async () => {
    const prefix = randomUUID();
    const sessions = await Promise.all(
      Array.from({ length: CALLS }, (_, call) => {
        const client = new SandboxClient({ mode: "remote", serverUrl: cluster.url(call % 2) });
        const threadId = `${prefix}-${String(Math.floor(call / 4))}`;
        return client.getOrCreateSession({ userId: "e2e", threadId });
      }),
    );
    const ofThread = new Map<string, Set<string>>();
    for (const { threadId, sessionId } of sessions)
      ofThread.set(threadId, (ofThread.get(threadId) ?? new Set()).add(sessionId));
    expect(ofThread.size).toBe(THREADS);
    expect([...ofThread.values()].every((ids) => ids.size === 1)).toBe(true);
    expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(THREADS);
    expect(sessions.filter(({ status }) => status === "created")).toHaveLength(THREADS);

    await elapsed(SETTLED_MS);
    const answer = await fetch(`${cluster.url()}/health`);
    const health = (await answer.json()) as {
      pool: { allocated: number };
      active_sessions: number;
    };
    expect([health.pool.allocated, health.active_sessions]).toEqual([THREADS, THREADS]);
    const warm = 2 * 10;
    const containers = cluster.workers.flatMap((worker) => worker.containers());
    expect(containers.length).toBeLessThanOrEqual(THREADS + warm);
  });
});
