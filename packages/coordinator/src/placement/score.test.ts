import { describe, expect, it } from "@jest/globals";
import { workerInfo } from "../testing/worker-info.js";
import { compareScores, roomOf, scoreOf } from "./score.js";

interface Given {
  readonly available?: number;
  readonly allocated?: number;
  readonly max?: number;
  readonly reserved?: number;
  readonly cpu?: number;
  readonly memory?: number;
}

function placeable({ available = 2, allocated = 0, max = 10, cpu = 0.1, memory = 0.1 }: Given) {
  const pool = { available, allocated, total: available + allocated, max_capacity: max };
  return workerInfo({ pool, cpuLoad: cpu, memoryLoad: memory });
}

const score = (given: Given) => scoreOf(placeable(given), given.reserved ?? 0);

it.each<[string, Given, Given]>([
  ["more warm sandboxes", { available: 3 }, { available: 2 }],
  ["more that are left", { available: 3, reserved: 1 }, { available: 3, reserved: 2 }],
  ["a warm one of a busy machine", { available: 1, cpu: 0.9 }, { available: 0, cpu: 0 }],
  ["a warm one of a full worker", { available: 1, allocated: 9 }, { available: 0, allocated: 0 }],
  ["the greater free share", { allocated: 2, max: 10 }, { allocated: 2, max: 5 }],
  ["what is reserved counts as used", { available: 0, reserved: 1 }, { available: 0, reserved: 2 }],
  ["the less loaded CPU", { cpu: 0.2 }, { cpu: 0.8 }],
  ["the less loaded memory", { memory: 0.2 }, { memory: 0.8 }],
  ["the worse of both loads", { cpu: 0.5, memory: 0.5 }, { cpu: 0.1, memory: 0.6 }],
  ["some capacity rather than none", { available: 0, max: 1 }, { available: 0, max: 0 }],
])("%s is better", (_what, better, worse) => {
  expect(compareScores(score(better), score(worse))).toBeLessThan(0);
  expect(compareScores(score(worse), score(better))).toBeGreaterThan(0);
});

it("equals are equal, and promised sandboxes beyond the warm ones do not count twice", () => {
  expect(compareScores(score({}), score({}))).toBe(0);
  expect(score({ available: 1, reserved: 3 })).toMatchObject({ warmLeft: 0, freeShare: 0.7 });
});

describe("room", () => {
  it.each<[Given, number]>([
    [{ available: 2, allocated: 8, max: 10 }, 2],
    [{ available: 0, allocated: 10, max: 10 }, 0],
    [{ available: 0, allocated: 5, max: 10 }, 5],
    [{ available: 2, allocated: 0, max: 10, reserved: 3 }, 7],
    // Lowered while it runs: what is there still serves.
    [{ available: 1, allocated: 9, max: 5 }, 1],
  ])("%j has %d", (given, room) => {
    expect(roomOf(placeable(given), given.reserved ?? 0)).toBe(room);
  });
});
