import { beforeEach, expect, it } from "@jest/globals";
import { MemoryWorkerDirectory } from "@sandbox-system/cluster/testing";
import { FakeClock } from "@sandbox-system/contract/testing";
import { workerInfo } from "../testing/worker-info.js";
import { WorkerChoice } from "./worker-choice.js";

const NONE: ReadonlySet<string> = new Set();

let clock: FakeClock;
let directory: MemoryWorkerDirectory;
let unreachable: Set<string>;
let dice: number[];
let choice: WorkerChoice;

beforeEach(() => {
  clock = new FakeClock(0);
  directory = new MemoryWorkerDirectory(clock);
  unreachable = new Set();
  dice = [];
  choice = new WorkerChoice({
    directory,
    isReachable: ({ info }) => !unreachable.has(info.workerId),
    random: () => dice.shift() ?? 0.5,
  });
});

function beat(workerId: string, [available, allocated]: [number, number], lastBeatMs = 1): void {
  const pool = { available, allocated, total: available + allocated, max_capacity: 4 };
  clock.advance(lastBeatMs - clock.now());
  directory.set(workerInfo({ workerId, pool }));
}

const take = (tried = NONE) => choice.take(tried);

it("takes the best that was not tried", () => {
  beat("w1", [1, 0]);
  beat("w2", [3, 0]);
  expect(take()?.workerId).toBe("w2");
  expect(take(new Set(["w2"]))?.workerId).toBe("w1");
  expect(take(new Set(["w1", "w2"]))).toBeUndefined();
});

it("lets chance decide between equals", () => {
  beat("w1", [2, 0]);
  beat("w2", [2, 0]);
  dice = [0.9, 0.1];
  expect(take()?.workerId).toBe("w2");
});

it.each(["draining", "starting", "restarting", "unavailable"] as const)(
  "passes over a worker that is %s",
  (state) => {
    directory.set(workerInfo({ state }));
    expect(take()).toBeUndefined();
  },
);

it("passes over a worker that cannot be reached", () => {
  beat("w1", [2, 0]);
  unreachable.add("w1");
  expect(take()).toBeUndefined();
});

it("counts what it has promised until the worker's next heartbeat tells of it", () => {
  beat("w1", [2, 0]);
  beat("w2", [1, 0]);
  const taken = [take(), take()].map((seat) => seat?.workerId);
  expect(taken).toEqual(["w1", "w2"]);
  const third = take();
  expect(third?.workerId).toBe("w1");
  third?.fulfil();
  // Both of w1's are promised: one fulfilled, one under way.
  beat("w2", [2, 1], 2);
  expect(take()?.workerId).toBe("w2");
  beat("w1", [3, 1], 2);
  expect(take()?.workerId).toBe("w1");
});

it("gets back what nothing came of", () => {
  beat("w1", [2, 0]);
  beat("w2", [1, 0]);
  take()?.release();
  take()?.release();
  expect(take()?.workerId).toBe("w1");
});

it("asks the full ones too before it says no, each once", () => {
  beat("w1", [0, 4]);
  beat("w2", [0, 4]);
  const seat = take();
  expect(["w1", "w2"]).toContain(seat?.workerId);
  const other = take(new Set([seat?.workerId ?? ""]));
  expect([seat?.workerId, other?.workerId].sort()).toEqual(["w1", "w2"]);
  expect(take(new Set(["w1", "w2"]))).toBeUndefined();
});

it("forgets what was promised on a worker that is gone", () => {
  beat("w1", [1, 0]);
  const seat = take();
  directory.lose("w1");
  seat?.fulfil();
  beat("w1", [1, 0], 5);
  beat("w2", [1, 1], 5);
  expect(take()?.workerId).toBe("w1");
});
