import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from "@jest/globals";
import { FakeMemberHost } from "../testing/fake-member-host.js";
import { RedisServer } from "../testing/redis-server.js";
import { sessionFacts } from "../testing/session-facts.js";
import { TestCluster, type TestCoordinator } from "../testing/test-cluster.js";
import { until } from "../testing/until.js";

jest.setTimeout(60_000);

const server = new RedisServer();
let cluster: TestCluster;

beforeAll(() => server.start());
afterAll(() => server.cleanUp());
beforeEach(() => {
  cluster = new TestCluster(server);
});
afterEach(() => cluster.close());

/** A new registry settles once. */
async function settled({ registry }: TestCoordinator): Promise<void> {
  await until("it has settled", () =>
    registry.claimThread({ ...sessionFacts("first"), workerId: "w1" }).then(
      () => true,
      () => false,
    ),
  );
}

describe("a cluster", () => {
  it("knows its workers, and what becomes of them", async () => {
    const coordinator = cluster.coordinator();
    const { member, host } = cluster.worker();
    await until("the worker is known", () => coordinator.directory.find("w1")?.info);
    expect(coordinator.directory.find("w1")?.info).toMatchObject({
      ...{ registrationId: "reg_1", url: "http://127.0.0.1:5000", state: "active" },
    });

    host.workerState = "draining";
    member.announce();
    await until("it drains", () => coordinator.events.length === 2);
    await member.withdraw();
    await until("it has gone", () => coordinator.directory.all().length === 0);
    expect(coordinator.events.map(({ kind }) => kind)).toEqual(["changed", "changed", "lost"]);
  });

  it("is known at once to a coordinator that comes later", async () => {
    await cluster.worker().member.registered;
    const coordinator = cluster.coordinator();
    const known = await until("the worker is known", () => coordinator.directory.find("w1"));
    expect(known.lastBeatMs).toBeGreaterThan(0);
    expect(known.info.pool.available).toBe(10);
  });

  it("keeps a worker that leaves for as long as it said, then takes it for lost", async () => {
    const coordinator = cluster.coordinator();
    const { member } = cluster.worker();
    await until("the worker is known", () => coordinator.directory.find("w1"));
    const leftAt = performance.now();
    await member.leave(3000);
    await until("it restarts", () => coordinator.directory.find("w1")?.info.state === "restarting");
    await until("it is lost", () => coordinator.events.at(-1)?.kind === "lost");
    expect(performance.now() - leftAt).toBeGreaterThan(2900);
  });

  it("gives both of two coordinators the same session, on the worker that has it", async () => {
    const [left, right] = [cluster.coordinator(), cluster.coordinator()];
    const { member } = cluster.worker();
    const { tenant, threadId, userId, ...facts } = sessionFacts("s1");
    const claim = (from: typeof left, sessionId: string) =>
      from.registry.claimThread({ tenant, threadId, userId, sessionId, workerId: "w1" });
    await settled(left);
    const claims = await Promise.all([claim(left, "s1"), claim(right, "s1b")]);
    expect(new Set(claims.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(claims.filter(({ claimed }) => claimed)).toHaveLength(1);
    const sessionId = claims[0].sessionId;
    await member.sessionOpened({ tenant, threadId, userId, ...facts, sessionId });
    expect(await claim(right, "s3")).toMatchObject({ sessionId, state: "active", workerId: "w1" });
    member.sessionEnded(sessionFacts(sessionId), "expired");
    await until("it has ended", async () => (await left.registry.find(sessionId))?.end);
    expect(await right.registry.find(sessionId)).toMatchObject({ end: "expired" });
  });

  it("costs two commands for a session, and none while it is used", async () => {
    // Nothing else is to be heard.
    const quiet = new TestCluster(server, { heartbeatMs: 3_600_000, leaseMs: 10_800_000 });
    const coordinator = quiet.coordinator();
    const { member } = quiet.worker();
    await member.registered;
    await settled(coordinator);
    const monitor = await server.monitor();
    await coordinator.registry.claimThread({ ...sessionFacts("s1"), workerId: "w1" });
    await member.sessionOpened(sessionFacts("s1"));
    for (let count = 0; count < 100; count += 1) expect(member.awaitLease()).toBeUndefined();
    const heard = (await monitor.stop()).filter((command) => command.includes("s1"));
    expect(heard).toHaveLength(2);
    await quiet.close();
  });

  it("is not one with another prefix", async () => {
    const other = new TestCluster(server);
    await other.worker().member.registered;
    const coordinator = cluster.coordinator();
    const { member } = cluster.worker(new FakeMemberHost("w2", "reg_2"));
    await member.registered;
    await until("its own worker is known", () => coordinator.directory.find("w2"));
    expect(coordinator.directory.all().map(({ info }) => info.workerId)).toEqual(["w2"]);
    const keys = await server.admin.keys("*");
    const prefixes = [cluster, other].map(({ options }) => `{${options.keyPrefix}}:`);
    const strays = keys.filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)));
    expect(strays.filter((key) => !/^\{[0-9a-f-]{36}\}:/.test(key))).toEqual([]);
    await other.close();
  });
});

describe("two workers of one name", () => {
  it("on two engines: the second waits, and gives up when the first lives", async () => {
    const first = cluster.worker();
    await first.member.registered;
    const host = new FakeMemberHost("w1", "reg_2");
    host.engineId = "engine-2";
    const second = cluster.worker(host);
    await until("it gives up", () => host.reasons.length === 1);
    expect(second.member.isRegistered).toBe(false);
    expect(second.logger.events()).toContain("cluster.name-taken");
    expect(first.host.reasons).toEqual([]);
  });

  it("on two engines: the second takes a dead one's name when its lease has run out", async () => {
    const first = cluster.worker();
    await first.member.registered;
    await first.member.leave(2000);
    const host = new FakeMemberHost("w1", "reg_2");
    host.engineId = "engine-2";
    await cluster.worker(host).member.registered;
    expect(host.reasons).toEqual([]);
  });

  it("on one engine: the later boot takes the name and the sessions over", async () => {
    const coordinator = cluster.coordinator();
    const first = cluster.worker();
    first.host.sessions = [sessionFacts("s1"), sessionFacts("s2")];
    await first.member.registered;
    await until("it is connected", () => coordinator.connected());
    await until("its sessions are known", () => coordinator.registry.find("s2"));
    const host = new FakeMemberHost("w1", "reg_2");
    host.sessions = [sessionFacts("s1")];
    await cluster.worker(host).member.registered;
    await until("the first is told", () => first.host.reasons.length === 1);
    expect(await coordinator.registry.find("s1")).toMatchObject({ registrationId: "reg_2" });
    await until("the other one is lost", async () => (await coordinator.registry.find("s2"))?.end);
  });
});

describe("a worker that is killed", () => {
  it("is lost when its lease has run out, and its sessions only then", async () => {
    const coordinator = cluster.coordinator();
    const { member, host } = cluster.worker();
    host.sessions = [sessionFacts("s1")];
    await until("it is connected", () => coordinator.connected());
    await until("its session is known", () => coordinator.registry.find("s1"));
    await settled(coordinator);
    // A lease of one more second, and silence: as after kill -9.
    await member.leave(1000);
    expect(await coordinator.registry.declareLost(sessionFacts("s1"))).toBe("worker-alive");
    await until("it is lost", () => coordinator.events.at(-1)?.kind === "lost");
    expect(await coordinator.registry.declareLost(sessionFacts("s1"))).toBe("lost");
  });
});
