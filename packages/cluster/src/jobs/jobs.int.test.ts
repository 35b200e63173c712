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
import { setTimeout as elapsed } from "node:timers/promises";
import { FakeMemberHost } from "../testing/fake-member-host.js";
import { RedisServer } from "../testing/redis-server.js";
import { TestCluster } from "../testing/test-cluster.js";
import { until } from "../testing/until.js";
import type { WorkerJob } from "./worker-jobs.js";

jest.setTimeout(120_000);

const END: WorkerJob = { kind: "end-session", sessionId: "s1", generation: 1 };

const server = new RedisServer();
let cluster: TestCluster;

beforeAll(() => server.start());
afterAll(() => server.cleanUp());
beforeEach(() => {
  cluster = new TestCluster(server);
});
afterEach(() => cluster.close());

function keysOf(workerId: string): Promise<string[]> {
  return server.admin.keys(`{${cluster.options.keyPrefix}}:queue:worker-${workerId}:*`);
}

describe("jobs for workers", () => {
  it("are run once each, and the same one can come again", async () => {
    const coordinator = cluster.coordinator();
    const { host } = cluster.worker();
    await until("the worker is known", () => coordinator.directory.find("w1"));
    await coordinator.jobs.send("w1", END);
    await until("it has run", () => host.jobs.length === 1);
    await until(
      "it is forgotten",
      async () => !(await keysOf("w1")).some((key) => key.includes("end-session")),
    );
    await coordinator.jobs.send("w1", END);
    await until("it has run again", () => host.jobs.length === 2);
    expect(host.jobs).toEqual([END, END]);
  });

  it("that wait are not added twice, and are run when the worker comes", async () => {
    const coordinator = cluster.coordinator();
    await until("it is connected", () => coordinator.connected());
    const other: WorkerJob = { ...END, generation: 2 };
    await coordinator.jobs.send("w1", END);
    await coordinator.jobs.send("w1", END);
    await coordinator.jobs.send("w1", other);
    const { host } = cluster.worker();
    await until("both have run", () => host.jobs.length === 2);
    await elapsed(200);
    expect(host.jobs.map((job) => "generation" in job && job.generation)).toEqual([1, 2]);
  });

  it("are tried again when they fail, but not for ever", async () => {
    const coordinator = cluster.coordinator();
    const { host, logger } = cluster.worker();
    let attempts = 0;
    host.onJob = () => {
      attempts += 1;
      return Promise.reject(new Error("the engine is away"));
    };
    await until("the worker is known", () => coordinator.directory.find("w1"));
    await coordinator.jobs.send("w1", END);
    await until("it has been tried three times", () => attempts === 3);
    await until(
      "it is given up",
      async () => !(await keysOf("w1")).some((key) => key.includes("end-session")),
    );
    expect(logger.events().filter((event) => event === "job.run")).toHaveLength(3);
  });

  it("of another version are dropped", async () => {
    const coordinator = cluster.coordinator();
    const { host, logger } = cluster.worker();
    await until("the worker is known", () => coordinator.directory.find("w1"));
    await coordinator.jobs.send("w1", {
      kind: "end-session",
      sessionId: 7,
    } as unknown as WorkerJob);
    await until("it is dropped", () => logger.events().includes("job.unknown"));
    expect(host.jobs).toEqual([]);
  });

  it("reach workers whatever their names are", async () => {
    const coordinator = cluster.coordinator();
    const { host } = cluster.worker(new FakeMemberHost("rack:7/node one", "reg_1"));
    await until("the worker is known", () => coordinator.directory.find("rack:7/node one"));
    await coordinator.jobs.send("rack:7/node one", END);
    await until("it has run", () => host.jobs.length === 1);
  });

  it("do not pile up for a worker that never comes back", async () => {
    let sweeps = 0;
    const coordinator = cluster.coordinator(
      { "expiry-sweep": 300 },
      {
        "expiry-sweep": () => {
          sweeps += 1;
          return Promise.resolve();
        },
      },
    );
    await cluster.worker(new FakeMemberHost("w2", "reg_2")).member.registered;
    await until("it is connected", () => coordinator.connected());
    await coordinator.jobs.send("gone", END);
    await coordinator.jobs.send("w2", END);
    const before = sweeps;
    await until("a sweep has begun since", () => sweeps > before + 1);
    await until("its queue is gone", async () => (await keysOf("gone")).length === 0);
    expect((await keysOf("w2")).length).toBeGreaterThan(0);
  });
});

describe("scheduled jobs", () => {
  it("are done by one coordinator each time, and everybody knows when", async () => {
    const runs: string[] = [];
    const handlers = (name: string) => ({
      "expiry-sweep": () => {
        runs.push(name);
        return Promise.resolve();
      },
    });
    const left = cluster.coordinator({ "expiry-sweep": 1000 }, handlers("left"));
    const right = cluster.coordinator({ "expiry-sweep": 1000 }, handlers("right"));
    const startedAt = Date.now();
    await until("four have run", () => runs.length === 4);
    // Four runs take three intervals at least; two schedules would need one.
    expect(Date.now() - startedAt).toBeGreaterThan(1900);
    const lastRun = await until("it is known", () => right.jobs.lastRun("expiry-sweep"));
    expect(Math.abs(Date.now() - lastRun)).toBeLessThan(5000);
    expect(await left.jobs.lastRun("pool-scaling")).toBeUndefined();
  });

  it("that fail do not count as run, and come again", async () => {
    let runs = 0;
    const coordinator = cluster.coordinator(
      { "pool-scaling": 200 },
      {
        "pool-scaling": () => {
          runs += 1;
          return runs < 3 ? Promise.reject(new Error("not now")) : Promise.resolve();
        },
      },
    );
    await until("it has run twice", () => runs === 2);
    expect(await coordinator.jobs.lastRun("pool-scaling")).toBeUndefined();
    await until("it has succeeded", () => coordinator.jobs.lastRun("pool-scaling"));
  });

  it("are done by another coordinator when one stops, and cease when nobody wants them", async () => {
    let runs = 0;
    const handlers = {
      "expiry-sweep": () => {
        runs += 1;
        return Promise.resolve();
      },
    };
    const first = cluster.coordinator({ "expiry-sweep": 200 }, handlers);
    await until("it has run", () => runs > 0);
    await first.stop();
    cluster.coordinator({ "expiry-sweep": 200 }, handlers);
    const before = runs;
    await until("it runs on", () => runs > before + 1);
    await cluster.close();
    const last = cluster.coordinator({}, handlers);
    const schedule = `{${cluster.options.keyPrefix}}:queue:scheduled:repeat`;
    await until("it is off", async () => (await server.admin.zcard(schedule)) === 0);
    expect(last.connected()).toBe(true);
  });

  it("go on within seconds after Redis was away for half a minute, and was emptied", async () => {
    let runs = 0;
    const own = new RedisServer();
    await own.start();
    const away = new TestCluster(own);
    const coordinator = away.coordinator(
      { "expiry-sweep": 300 },
      {
        "expiry-sweep": () => {
          runs += 1;
          return Promise.resolve();
        },
      },
    );
    const { host } = away.worker();
    await until("it runs", () => runs > 1);
    await own.kill();
    await elapsed(30_000);
    await own.startEmpty();
    const before = runs;
    await until("it runs again", () => runs > before + 2, 10_000);
    await until("the worker is known", () => coordinator.directory.find("w1"));
    await coordinator.jobs.send("w1", END);
    await until("the worker is told", () => host.jobs.length === 1, 10_000);
    await away.close();
    await own.cleanUp();
  });
});
