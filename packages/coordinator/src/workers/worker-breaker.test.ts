import { beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { LastingFailure } from "./lasting-failure.js";
import { WorkerBreaker } from "./worker-breaker.js";

let clock: FakeClock;
let probes: number;
let isBack: boolean;
let changes: boolean[];
let breaker: WorkerBreaker;

beforeEach(() => {
  clock = new FakeClock();
  probes = 0;
  isBack = false;
  changes = [];
  breaker = new WorkerBreaker({
    clock,
    probe: () => {
      probes += 1;
      return isBack ? Promise.resolve() : Promise.reject(new Error("away"));
    },
    onChange: (open) => changes.push(open),
  });
});

/** Lets what the library does in promises come to its end. */
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function fail(times: number, everyMs: number): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    breaker.failed();
    await soon();
    clock.advance(everyMs);
  }
}

describe("failures in a row", () => {
  it.each([
    [5, 0, true],
    [100, 10, true],
    [4, 10_000, true],
    [5, 1250, false],
    [6, 1000, false],
  ])("%d, one every %d ms: closed is %p", async (times, everyMs, closed) => {
    await fail(times, everyMs);
    expect(breaker.isClosed).toBe(closed);
  });

  it("begin anew after a success", async () => {
    await fail(4, 2000);
    breaker.succeeded();
    await fail(4, 2000);
    expect(breaker.isClosed).toBe(true);
  });
});

describe("an open breaker", () => {
  beforeEach(() => fail(6, 1000));

  it("is told of once, and lets one probe through at growing intervals", async () => {
    const at: number[] = [];
    for (let second = 1; second <= 30; second += 1) {
      const before = probes;
      clock.advance(1000);
      await soon();
      if (probes > before) at.push(second);
    }
    // The last failure was followed by a second already.
    expect(at).toEqual([2, 6, 14, 24]);
    expect(probes).toBe(5);
    expect(changes).toEqual([true]);
  });

  it("closes when a probe succeeds, and opens as late as ever", async () => {
    isBack = true;
    clock.advance(2000);
    await soon();
    expect(breaker.isClosed).toBe(true);
    expect(changes).toEqual([true, false]);
    await fail(5, 0);
    expect(breaker.isClosed).toBe(true);
  });

  it("counts no further failures and probes no more once it is given up", async () => {
    const before = probes;
    breaker.dispose();
    breaker.failed();
    clock.advance(60_000);
    await soon();
    expect(probes).toBe(before);
  });
});

it("has a state for the library that uses none", () => {
  expect(new LastingFailure(clock).state).toBeUndefined();
});
