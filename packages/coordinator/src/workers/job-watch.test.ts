import { beforeEach, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { JobWatch } from "./job-watch.js";

let clock: FakeClock;
let ranMs: number | undefined;
let isAway: boolean;

beforeEach(() => {
  clock = new FakeClock();
  ranMs = undefined;
  isAway = false;
});

const create = (scalingMs: number | undefined) =>
  new JobWatch({
    lastRun: () => (isAway ? Promise.reject(new Error("away")) : Promise.resolve(ranMs)),
    intervalsMs: { "expiry-sweep": 300_000, "pool-scaling": scalingMs },
    clock,
  });

const pass = async (ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 30_000) {
    clock.advance(Math.min(30_000, left));
    await new Promise(setImmediate);
  }
};

it("says which job has not run for three intervals", async () => {
  const watch = create(60_000);
  watch.start();
  await pass(180_000);
  expect(watch.warnings()).toEqual([]);
  await pass(30_000);
  expect(watch.warnings()).toEqual(["The job pool-scaling has not run for 210 s."]);
  await pass(720_000);
  expect(watch.warnings()).toHaveLength(2);
  ranMs = clock.now();
  await pass(30_000);
  expect(watch.warnings()).toEqual([]);
  watch.stop();
});

it("says nothing of the time since it looked", async () => {
  const watch = create(5000);
  watch.start();
  ranMs = clock.now();
  await pass(29_000);
  ranMs = clock.now();
  await pass(1000);
  // It goes on running, but that is seen only at the next look.
  await pass(29_000);
  expect(watch.warnings()).toEqual([]);
  watch.stop();
});

it("adds nothing while nobody can be asked, and expects nothing of a job that never runs", async () => {
  const watch = create(undefined);
  ranMs = clock.now();
  watch.start();
  await pass(30_000);
  isAway = true;
  await pass(9_000_000);
  expect(watch.warnings()).toEqual([]);
  isAway = false;
  await pass(30_000);
  expect(watch.warnings()).toEqual(["The job expiry-sweep has not run for 9060 s."]);
  watch.stop();
  expect(clock.pending).toBe(0);
});
