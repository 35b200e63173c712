import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { setImmediate as turn } from "node:timers/promises";
import { registryUnavailable } from "../redis/registry-unavailable.js";
import { type MockLink, openMockLink } from "../testing/mock-link.js";
import { testWorkerInfo } from "../testing/worker-info.js";
import { RedisWorkerDirectory } from "./redis-worker-directory.js";
import type { DirectoryEvent } from "./worker-directory.js";
import type { WorkerInfo } from "./worker-info.js";

const HEARTBEAT_MS = 5000;
const LEASE_MS = 15_000;

let clock: FakeClock;
let logger: RecordingLogger;
let link: MockLink;
let subscriber: MockLink;
let directory: RedisWorkerDirectory;
let events: DirectoryEvent["kind"][];
/** What Redis answers to those who ask for a silent worker; an error: it cannot be asked. */
let check: unknown[] | Error;
/** What Redis answers to those who ask for all workers. */
let stored: unknown[];

beforeEach(async () => {
  clock = new FakeClock();
  logger = new RecordingLogger();
  [link, subscriber] = [await openMockLink(clock), await openMockLink(clock)];
  check = [0];
  stored = [];
  events = [];
  jest.spyOn(link.link, "script").mockImplementation((name) => {
    if (name === "check-worker")
      return check instanceof Error ? Promise.reject(check) : Promise.resolve(check);
    return Promise.resolve(name === "read-workers" ? stored : 0);
  });
  // Time jumps here, so that every sign of life would come too late.
  jest.spyOn(subscriber.link, "verify").mockResolvedValue();
  directory = new RedisWorkerDirectory({
    ...{ link: link.link, subscriber: subscriber.link, logger, clock },
    ...{ heartbeatMs: HEARTBEAT_MS, leaseMs: LEASE_MS },
  });
  directory.subscribe(({ kind }) => {
    if (kind !== "beat") events.push(kind);
  });
  directory.start();
  await settle();
});

afterEach(async () => {
  directory.stop();
  await subscriber.redis.unsubscribe();
  link.link.close();
  subscriber.link.close();
});

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await turn();
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

function hear(message: unknown): void {
  subscriber.redis.emit("message", "beats", JSON.stringify(message));
}

function beat(more: Partial<WorkerInfo> = {}, leaseMs = LEASE_MS): void {
  hear({ info: testWorkerInfo(more), leaseMs, atMs: clock.now() });
}

/** Redis is asked for a moment in vain, then answers. */
async function reconnect(): Promise<void> {
  const away = () => Promise.reject(new Error("Command timed out"));
  await link.link.ask(away).catch(() => undefined);
  await link.link.ask(() => Promise.resolve(1));
  await settle();
}

describe("a worker that falls silent", () => {
  it("is lost within its lease and a second of its last heartbeat, not before", async () => {
    beat();
    await pass(10_000);
    beat();
    await pass(LEASE_MS - 1);
    expect(directory.find("w1")).toBeDefined();
    await pass(1001);
    expect(directory.find("w1")).toBeUndefined();
    expect(events).toEqual(["changed", "lost"]);
  });

  it("is not lost when Redis has heard it", async () => {
    beat();
    check = [1, 9000, JSON.stringify(testWorkerInfo({ activeSessions: 7 }))];
    await pass(LEASE_MS + 1000);
    expect(directory.find("w1")?.info.activeSessions).toBe(7);
    check = [0];
    await pass(8000);
    expect(events).toEqual(["changed"]);
    await pass(2000);
    expect(events).toEqual(["changed", "lost"]);
  });

  it.each([
    ["it is too early to tell", [-1]],
    ["Redis cannot be asked", registryUnavailable()],
  ])("is not lost while %s", async (_, answer) => {
    beat();
    check = answer;
    await pass(10 * LEASE_MS);
    expect(events).toEqual(["changed"]);
    check = [0];
    await pass(1000);
    expect(events).toEqual(["changed", "lost"]);
  });

  it("is not lost when it is heard while Redis is asked", async () => {
    beat();
    clock.advance(LEASE_MS + 100);
    beat();
    await settle();
    expect(events).toEqual(["changed"]);
  });

  it("is waited for as long as it said when it left", async () => {
    beat({ state: "restarting" }, 4 * LEASE_MS);
    await pass(4 * LEASE_MS - 1);
    expect(directory.find("w1")?.info.state).toBe("restarting");
    await pass(1001);
    expect(directory.find("w1")).toBeUndefined();
  });
});

describe("Redis that is back", () => {
  it("gives everybody who was known one more lease", async () => {
    beat();
    await pass(LEASE_MS - 1);
    await reconnect();
    await pass(LEASE_MS - 1);
    expect(events).toEqual(["changed"]);
    await pass(1001);
    expect(events).toEqual(["changed", "lost"]);
  });

  it("tells who is there", async () => {
    stored = [JSON.stringify(testWorkerInfo({ workerId: "w2" })), 9000, 1234, "{", 1, 1];
    await reconnect();
    expect(directory.all()).toMatchObject([{ info: { workerId: "w2" }, lastBeatMs: 1234 }]);
    expect(logger.events()).toEqual(["cluster.directory"]);
  });
});

describe("messages", () => {
  it("of a farewell remove that boot and no other", () => {
    beat({ registrationId: "reg_2" });
    hear({ gone: { workerId: "w1", registrationId: "reg_1" } });
    expect(directory.find("w1")).toBeDefined();
    hear({ gone: { workerId: "w1", registrationId: "reg_2" } });
    expect(directory.find("w1")).toBeUndefined();
    expect(events).toEqual(["changed", "lost"]);
  });

  it("of another form are ignored, which is told once", () => {
    hear({ info: { workerId: "w1" }, leaseMs: 1, atMs: 1 });
    hear("nonsense");
    expect(directory.all()).toEqual([]);
    expect(logger.events()).toEqual(["cluster.directory"]);
  });

  it("change nothing once it is stopped, and no timer is left", () => {
    beat();
    directory.stop();
    beat({ workerId: "w2" });
    expect(directory.find("w2")).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});
