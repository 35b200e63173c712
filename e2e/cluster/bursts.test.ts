import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { until } from "@sandbox-system/service/testing";
import { TestCluster } from "./test-cluster.js";

jest.setTimeout(240_000);

const CREATES = 500;
const CAPACITY = 20;

describe("500 creates at an empty pool", () => {
  const cluster = new TestCluster({
    workers: 1,
    coordinators: 1,
    env: { POOL_SIZE: "0", MAX_POOL_SIZE: String(CAPACITY) },
  });

  beforeAll(() => cluster.start());
  afterAll(() => cluster.cleanUp());

  it("fill it, and everybody else is told when to come back", async () => {
    const answers = await Promise.all(
      Array.from({ length: CREATES }, async (_, index) => {
        const answer = await fetch(`${cluster.url()}/v1/sessions`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ user_id: "e2e", thread_id: `burst-${String(index)}` }),
        });
        const { code } = (await answer.json()) as { code?: string };
        return { status: answer.status, code, retryAfter: answer.headers.get("retry-after") };
      }),
    );
    const made = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(made).toHaveLength(CAPACITY);
    for (const answer of refused)
      expect(answer).toEqual({
        status: 503,
        code: "POOL_EXHAUSTED",
        retryAfter: expect.stringMatching(/^\d+$/),
      });
    expect(cluster.workers[0]!.containers()).toHaveLength(CAPACITY);
    // What was refused has left nothing behind that would count as a session.
    await until(async () => {
      const answer = await fetch(`${cluster.url()}/health`);
      const { active_sessions: active } = (await answer.json()) as { active_sessions: number };
      expect(active).toBeLessThanOrEqual(CAPACITY);
      return active === CAPACITY;
    });
  });
});
