import { beforeEach, describe, expect, it } from "@jest/globals";
import type { WorkerInfo, WorkerJob } from "@sandbox-system/cluster";
import { MemoryWorkerDirectory } from "@sandbox-system/cluster/testing";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { HOUR_OF_DEMAND, PHASES } from "../testing/hour-of-demand.js";
import { workerInfo } from "../testing/worker-info.js";
import { PoolScaling } from "./pool-scaling.js";

const WINDOW_MS = 10_000;
const MIN = 3;
const CAPACITY = 100;

let clock: FakeClock;
let directory: MemoryWorkerDirectory;
let sent: { workerId: string; job: WorkerJob }[];
let scaling: PoolScaling;

beforeEach(() => {
  clock = new FakeClock(0);
  directory = new MemoryWorkerDirectory(clock);
  sent = [];
  scaling = new PoolScaling({
    ...{ directory, clock, logger: new RecordingLogger(), intervalMs: WINDOW_MS, headroom: 0.5 },
    jobs: {
      send(workerId, job) {
        sent.push({ workerId, job });
        return Promise.resolve();
      },
    },
  });
});

function beat(given: Partial<WorkerInfo>): void {
  const pool = { available: 5, allocated: 0, total: 5, max_capacity: CAPACITY };
  directory.set(workerInfo({ pool, poolTarget: 5, poolMin: MIN, createMs: 500, ...given }));
}

/** What the last job asked of a worker; undefined: nothing. */
function asked(workerId = "w1"): number | undefined {
  const job = sent.findLast((one) => one.workerId === workerId)?.job;
  return job?.kind === "set-pool-target" ? job.target : undefined;
}

describe("an hour of demand", () => {
  /** The target after each window, as a worker with two heartbeats a window keeps it. */
  async function targets(): Promise<number[]> {
    let poolTarget = 5;
    let claims = 0;
    const kept: number[] = [];
    beat({ claims, poolTarget });
    for (const demand of HOUR_OF_DEMAND) {
      for (const part of [Math.floor(demand / 2), Math.ceil(demand / 2)]) {
        clock.advance(WINDOW_MS / 2);
        claims += part;
        beat({ claims, poolTarget });
      }
      await scaling.run();
      poolTarget = asked() ?? poolTarget;
      kept.push(poolTarget);
    }
    return kept;
  }

  it("is never answered beyond the bounds", async () => {
    for (const target of await targets()) {
      expect(target).toBeGreaterThanOrEqual(MIN);
      expect(target).toBeLessThanOrEqual(CAPACITY);
    }
  });

  it("finds a warm sandbox for every claim of the ramp and the plateau", async () => {
    const kept = await targets();
    for (let window = PHASES.ramp + 1; window < PHASES.burst; window += 1)
      expect(kept[window - 1]).toBeGreaterThanOrEqual(HOUR_OF_DEMAND[window]!);
  });

  it("covers the burst after one interval", async () => {
    const kept = await targets();
    expect(kept[PHASES.burst - 1]).toBeLessThan(HOUR_OF_DEMAND[PHASES.burst]!);
    for (let window = PHASES.burst + 1; window < PHASES.less; window += 1)
      expect(kept[window - 1]).toBeGreaterThanOrEqual(HOUR_OF_DEMAND[window]!);
  });

  it("is let go of slowly in silence, down to the minimum", async () => {
    const silence = (await targets()).slice(PHASES.silence);
    for (const [index, target] of silence.slice(1).entries()) {
      const before = silence[index]!;
      expect(target).toBeLessThanOrEqual(before);
      expect(before - target).toBeLessThanOrEqual(Math.max(1, Math.floor(before / 10)));
    }
    expect(silence.at(-1)).toBe(MIN);
  });

  it("does not make the target flap: it turns upwards again only where the demand does", async () => {
    const kept = await targets();
    const rises = kept.flatMap((target, window) => {
      const before = kept[window - 1] ?? target;
      const fell = (kept[window - 2] ?? before) > before;
      return target > before && fell ? [window] : [];
    });
    // From the plateau's peaks to the burst is the one turn of the hour's large demand; the quiet part has its noise of one.
    expect(rises.filter((window) => window >= PHASES.ramp).length).toBeLessThanOrEqual(2);
    expect(rises.length).toBeLessThanOrEqual(5);
    expect(sent.length).toBeLessThan(HOUR_OF_DEMAND.length / 3);
  });
});

describe("one decision", () => {
  it("sends nothing to a worker whose target stands", async () => {
    beat({ poolTarget: MIN });
    await scaling.run();
    expect(sent).toEqual([]);
  });

  it("is meant for one boot of the worker", async () => {
    beat({ poolTarget: 1, registrationId: "reg_7" });
    await scaling.run();
    expect(sent).toEqual([
      {
        workerId: "w1",
        job: { kind: "set-pool-target", registrationId: "reg_7", target: MIN },
      },
    ]);
  });

  it.each(["draining", "starting", "restarting", "unavailable"] as const)(
    "leaves a worker that is %s alone",
    async (state) => {
      beat({ state, poolTarget: 1 });
      await scaling.run();
      expect(sent).toEqual([]);
    },
  );

  it("gives a new worker its part of the cluster's demand", async () => {
    beat({ workerId: "w1", claims: 0 });
    clock.advance(WINDOW_MS);
    beat({ workerId: "w1", claims: 40 });
    beat({ workerId: "w2", claims: 0 });
    await scaling.run();
    // Spread over the two windows that the interval touches: 2 claims a second, half of them w2's from now on.
    expect(asked("w1")).toBe(32);
    expect(asked("w2")).toBe(16);
  });

  it("does not take what a worker did before for demand, nor a new boot's counter for a negative one", async () => {
    beat({ claims: 1000 });
    clock.advance(WINDOW_MS);
    beat({ claims: 1000 });
    await scaling.run();
    beat({ claims: 0, registrationId: "reg_2" });
    clock.advance(WINDOW_MS);
    beat({ claims: 0, registrationId: "reg_2" });
    await scaling.run();
    expect(sent).toEqual([]);
  });

  it("does not lower a pool whose demand is hardly known", async () => {
    beat({ poolTarget: 20 });
    clock.advance(30 * WINDOW_MS - 1);
    beat({ poolTarget: 20 });
    await scaling.run();
    expect(sent).toEqual([]);
    clock.advance(1);
    await scaling.run();
    expect(asked()).toBe(18);
  });

  it("forgets a worker that is gone, and hears nothing more once it is closed", async () => {
    beat({ poolTarget: 20 });
    clock.advance(40 * WINDOW_MS);
    directory.lose("w1");
    beat({ poolTarget: 20 });
    await scaling.run();
    expect(sent).toEqual([]);
    scaling.close();
    beat({ claims: 500, poolTarget: 20 });
    clock.advance(WINDOW_MS);
    await scaling.run();
    expect(sent).toEqual([]);
  });
});
