import { describe, expect, it } from "@jest/globals";
import { RunningMean } from "./running-mean.js";

describe("RunningMean", () => {
  it("is nothing before the first value, then that value", () => {
    const mean = new RunningMean();
    expect(mean.value).toBeUndefined();
    mean.add(300);
    expect(mean.value).toBe(300);
  });

  it("follows the newest values; ten of them decide nine tenths", () => {
    const mean = new RunningMean();
    mean.add(0);
    mean.add(100);
    expect(mean.value).toBeCloseTo(20);
    for (let more = 0; more < 9; more += 1) mean.add(100);
    expect(mean.value).toBeGreaterThan(89);
    expect(mean.value).toBeLessThan(90);
  });
});
