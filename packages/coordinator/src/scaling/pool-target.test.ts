import { expect, it } from "@jest/globals";
import { type PoolDemand, poolTarget } from "./pool-target.js";

const QUIET: PoolDemand = {
  ...{ peakRate: 0, createMs: 500, intervalMs: 10_000, headroom: 0.5 },
  ...{ current: 10, min: 3, max: 50, memoryLoad: 0.2, mayFall: true },
};

it.each<[string, Partial<PoolDemand>, number]>([
  ["a claim a second for 10.5 s, and half as many more", { peakRate: 1 }, 16],
  ["without headroom", { peakRate: 1, headroom: 0 }, 11],
  ["creations that take longer", { peakRate: 1, createMs: 5000 }, 23],
  ["creations that nobody has seen take a second", { peakRate: 1, createMs: null }, 17],
  ["decisions that are further apart", { peakRate: 1, intervalMs: 30_000 }, 46],
  ["no more than there is room for", { peakRate: 10 }, 50],
  ["no more than there is room for, when that has shrunk", { peakRate: 1, max: 4 }, 4],
  ["no less than what its worker would not go below, when sessions take all", { max: -2 }, 3],
  ["no less than the minimum", { current: 3 }, 3],
  ["at least the minimum at once", { current: 0 }, 3],
  ["not more while memory is short", { peakRate: 1, memoryLoad: 0.95 }, 10],
  ["less all the same while memory is short", { memoryLoad: 0.95 }, 9],
  ["one less", { current: 5 }, 4],
  ["a tenth less", { current: 40 }, 36],
  ["no step below what is needed", { current: 17, peakRate: 1 }, 16],
  ["no less while the demand is hardly known", { mayFall: false }, 10],
  ["no more than there is room for, hardly known or not", { mayFall: false, max: 7 }, 7],
])("%s", (_what, given, target) => {
  expect(poolTarget({ ...QUIET, ...given })).toBe(target);
});
