import { beforeEach, expect, it } from "@jest/globals";
import type { WorkerJob } from "@sandbox-system/cluster";
import { MemorySessionRegistry } from "@sandbox-system/cluster/testing";
import { sandboxError } from "@sandbox-system/contract";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { failureOf } from "../testing/outcomes.js";
import { sweepExpired } from "./expiry-sweep.js";

const OWNER = { workerId: "w1", registrationId: "reg_1" };
const TIMEOUT_MS = 60_000;

let clock: FakeClock;
let registry: MemorySessionRegistry;
let logger: RecordingLogger;
let sent: [string, WorkerJob][];
const jobs = {
  send(workerId: string, job: WorkerJob): Promise<void> {
    sent.push([workerId, job]);
    return Promise.resolve();
  },
};

beforeEach(() => {
  clock = new FakeClock();
  registry = new MemorySessionRegistry(clock);
  logger = new RecordingLogger();
  sent = [];
  registry.register(OWNER);
});

async function addSession(sessionId: string): Promise<void> {
  const names = { tenant: "a", threadId: sessionId, userId: "u", sessionId };
  await registry.claimThread({ ...names, workerId: OWNER.workerId });
  const now = clock.now();
  const times = { createdAtMs: now, lastActivityMs: now, timeoutMs: TIMEOUT_MS };
  await registry.activate({ ...names, ...times, generation: 1 }, OWNER);
}

it("asks the workers of idle sessions to end them, longest overdue first, and nobody else", async () => {
  await addSession("s1");
  clock.advance(1);
  await addSession("s2");
  clock.advance(TIMEOUT_MS - 1);
  await addSession("fresh");
  clock.advance(1);
  await sweepExpired({ registry, jobs, logger });
  expect(sent).toEqual([
    ["w1", { kind: "end-session", sessionId: "s1", generation: 1 }],
    ["w1", { kind: "end-session", sessionId: "s2", generation: 1 }],
  ]);
  // The worker decides.
  expect(await registry.find("s1")).toMatchObject({ state: "active" });
});

it("ends the sessions of workers that are gone, however many, and tells how many", async () => {
  for (let index = 0; index < 1100; index += 1) await addSession(`s${String(index)}`);
  registry.loseLease("w1");
  await sweepExpired({ registry, jobs, logger });
  expect(await registry.find("s1099")).toMatchObject({ state: "ended", end: "lost" });
  expect(sent).toEqual([]);
  expect(logger.lines.at(-1)).toMatchObject({
    event: "session.sweep",
    fields: { lost: 1100, abandoned: 0, overdue: 0 },
  });
});

it("fails when the registry or the queues cannot be asked, for the next sweep to do it", async () => {
  await addSession("s1");
  clock.advance(TIMEOUT_MS);
  const away = { send: () => Promise.reject(sandboxError("REGISTRY_UNAVAILABLE", "away")) };
  expect(await failureOf(sweepExpired({ registry, jobs: away, logger }))).toMatchObject({
    code: "REGISTRY_UNAVAILABLE",
  });
  registry.available = false;
  expect(await failureOf(sweepExpired({ registry, jobs, logger }))).toMatchObject({
    code: "REGISTRY_UNAVAILABLE",
  });
});
