import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { setTimeout as elapsed } from "node:timers/promises";
import { createCoordinatorCluster } from "./create-coordinator-cluster.js";
import { RedisServer } from "../testing/redis-server.js";
import { sessionFacts } from "../testing/session-facts.js";
import {
  SHORT_TIMES,
  TestCluster,
  type TestCoordinator,
  type TestWorker,
} from "../testing/test-cluster.js";
import { until } from "../testing/until.js";
import { RecordingLogger } from "@sandbox-system/contract/testing";
import { systemClock } from "@sandbox-system/contract";

jest.setTimeout(120_000);

const UNAVAILABLE = { code: "REGISTRY_UNAVAILABLE", retryAfterSeconds: 1 };

let server: RedisServer;
let cluster: TestCluster;
let coordinator: TestCoordinator;
let worker: TestWorker;

/** A cluster with a worker that holds two sessions. */
async function open(durable: boolean): Promise<void> {
  server = new RedisServer({ appendOnly: durable });
  await server.start();
  cluster = new TestCluster(server);
  coordinator = cluster.coordinator();
  worker = cluster.worker();
  worker.host.sessions = [sessionFacts("s1"), sessionFacts("s2")];
  await worker.member.registered;
  await until("the worker is known", () => coordinator.directory.find("w1"));
  await until("it has settled", () =>
    claim("s0", "t0").then(
      () => true,
      () => false,
    ),
  );
}

afterEach(async () => {
  await cluster.close();
  await server.cleanUp();
});

function claim(sessionId: string, threadId: string, from = coordinator) {
  const { tenant, userId } = sessionFacts(sessionId);
  return from.registry.claimThread({ tenant, threadId, userId, sessionId, workerId: "w1" });
}

/** Nobody has lost anything: the sessions are where they were, the worker serves them, the coordinators know it. */
async function expectNobodyLostAnything(): Promise<void> {
  for (const sessionId of ["s1", "s2"]) {
    await until(`${sessionId} is known`, async () => {
      const found = await coordinator.registry.find(sessionId);
      return found?.state === "active";
    });
    const { threadId } = sessionFacts(sessionId);
    const found = await until("the thread is known", () =>
      claim("other", threadId).catch(() => undefined),
    );
    expect(found).toMatchObject({ sessionId, workerId: "w1", state: "active" });
  }
  expect(worker.host.lostSessions).toEqual([]);
  expect(worker.host.reasons).toEqual([]);
  expect(coordinator.events.filter(({ kind }) => kind === "lost")).toEqual([]);
  expect(worker.member.awaitLease()).toBeUndefined();
}

describe.each([
  ["stopped", () => server.stop(), () => server.start()],
  ["killed", () => server.kill(), () => server.start()],
  ["paused", () => server.pause(), () => server.unpause()],
] as const)("Redis that is %s for several leases", (_, begin, end) => {
  beforeEach(() => open(true));

  it("stops nobody, refuses at once, and all is as before when it is back", async () => {
    await begin();
    await until("the coordinator notices", () => !coordinator.connected());
    await until("the worker notices", () => !worker.member.connected);
    await expect(claim("s3", "t3")).rejects.toMatchObject(UNAVAILABLE);
    await expect(worker.member.sessionOpened(sessionFacts("s9"))).rejects.toMatchObject(
      UNAVAILABLE,
    );
    const untilMs = performance.now() + 3 * SHORT_TIMES.leaseMs;
    while (performance.now() < untilMs) {
      expect(worker.member.awaitLease()).toBeUndefined();
      await elapsed(100);
    }
    expect(coordinator.directory.find("w1")).toBeDefined();

    await end();
    await until("it takes new sessions", () =>
      claim("s3", "t3").then(
        () => true,
        () => false,
      ),
    );
    await expectNobodyLostAnything();
    for (const { logger } of [coordinator, worker]) {
      const lost = logger.lines.filter(({ event }) => event === "redis.lost");
      const names = lost.map(({ fields }) => fields["connection"]);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain("requests");
    }
  });
});

describe("Redis that is restarted empty", () => {
  beforeEach(() => open(false));

  it("is told of all sessions by the workers; other coordinators wait for that", async () => {
    const other = cluster.coordinator();
    await until("the other knows the worker", () => other.directory.find("w1"));
    await server.kill();
    await server.startEmpty();
    await until("the other is back", () => other.connected());
    const { threadId } = sessionFacts("s1");
    const answers: unknown[] = [];
    const found = await until("the thread is known", async () => {
      const answer = await claim("s1-again", threadId, other).catch((error: unknown) => error);
      answers.push(answer);
      return answer instanceof Error ? false : answer;
    });
    expect(found).toMatchObject({ sessionId: "s1", state: "active" });
    for (const refusal of answers.slice(0, -1)) expect(refusal).toMatchObject(UNAVAILABLE);
    await expectNobodyLostAnything();
  });

  it("has the workers' and the coordinators' token again", async () => {
    const token = await coordinator.token.current();
    await server.kill();
    await server.startEmpty();
    await until("the worker has it", () => worker.member.connected && coordinator.connected());
    const late = cluster.coordinator();
    await until("the late one is connected", () => late.connected());
    const shown = await late.token.current();
    await until("the worker takes it", () => worker.token.accepts(shown));
    expect(worker.token.accepts(token)).toBe(true);
  });
});

describe("Redis that is emptied without a word", () => {
  beforeEach(() => open(false));

  it("is filled again with the next heartbeat", async () => {
    await server.admin.flushall();
    await until("the worker is there again", async () => {
      const found = await coordinator.registry.find("s1");
      return found?.state === "active";
    });
    await expectNobodyLostAnything();
  });
});

describe("Redis that is not there yet", () => {
  it("is waited for", async () => {
    server = new RedisServer();
    await server.start();
    await server.stop();
    cluster = new TestCluster(server);
    coordinator = cluster.coordinator();
    worker = cluster.worker();
    await until("it is noticed", () => worker.logger.events().includes("redis.lost"));
    await expect(claim("s1", "t1")).rejects.toMatchObject(UNAVAILABLE);
    await expect(coordinator.token.current()).rejects.toMatchObject(UNAVAILABLE);
    await expect(
      coordinator.jobs.send("w1", { kind: "end-session", sessionId: "s1", generation: 1 }),
    ).rejects.toMatchObject(UNAVAILABLE);
    await server.start();
    await worker.member.registered;
    await until("the worker is known", () => coordinator.directory.find("w1"));
  });
});

describe("Redis with a password", () => {
  const password = "correct horse battery";

  it("is reached with it; without it nobody is told what it is", async () => {
    server = new RedisServer({ password });
    await server.start();
    cluster = new TestCluster(server, {
      redis: { kind: "host", host: server.host, port: server.port },
      password,
    });
    worker = cluster.worker();
    await worker.member.registered;

    const logger = new RecordingLogger();
    const wrong = "wrong-password-of-somebody";
    const stranger = createCoordinatorCluster({
      options: { ...cluster.options, password: wrong },
      intervalsMs: { "expiry-sweep": undefined, "pool-scaling": undefined },
      handlers: () => ({
        "expiry-sweep": () => Promise.resolve(),
        "pool-scaling": () => Promise.resolve(),
      }),
      ...{ logger, clock: systemClock },
    });
    stranger.start();
    const line = await until("it is refused", () =>
      logger.lines.find(({ event }) => event === "redis.lost"),
    );
    expect(String(line.fields["reason"])).toContain("WRONGPASS");
    const refusal: unknown = await stranger.registry.find("s1").catch((error: unknown) => error);
    expect(refusal).toMatchObject(UNAVAILABLE);
    const told = JSON.stringify([logger.lines, refusal, String((refusal as Error).cause)]);
    expect(told).not.toContain(wrong);
    await stranger.stop();
  });
});
