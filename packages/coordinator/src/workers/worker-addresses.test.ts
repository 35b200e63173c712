import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { MemoryWorkerDirectory } from "@sandbox-system/cluster/testing";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { workerInfo } from "../testing/worker-info.js";
import { WorkerAddresses } from "./worker-addresses.js";

const URL = "http://10.0.0.1:5000";

let clock: FakeClock;
let directory: MemoryWorkerDirectory;
/** Who answers at the address; undefined: nobody. */
let resident: string | undefined;
let askedAtMs: number[];
let addresses: WorkerAddresses;

const known = (given = {}) => {
  directory.set(workerInfo(given));
  return directory.find("w1")!;
};

/** Lets questions be answered. */
const answered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1000);
    await answered();
  }
}

beforeEach(() => {
  clock = new FakeClock(0);
  directory = new MemoryWorkerDirectory(clock);
  resident = "w1";
  askedAtMs = [];
  addresses = new WorkerAddresses({
    urls: [URL],
    directory,
    identify: () => {
      askedAtMs.push(clock.now());
      return resident === undefined ? Promise.reject(new Error("away")) : Promise.resolve(resident);
    },
    clock,
    logger: new RecordingLogger(),
  });
});

afterEach(() => {
  addresses.stop();
});

it("a worker that is found at an address is called there, and not asked again", async () => {
  const worker = known();
  addresses.start();
  await answered();
  expect(addresses.urlOf(worker)).toBe(URL);
  expect(addresses.warnings()).toEqual([]);
  await pass(60);
  expect(askedAtMs).toEqual([0]);
});

it("other workers are called where they say", async () => {
  addresses.start();
  await answered();
  directory.set(workerInfo({ workerId: "w2" }));
  expect(addresses.urlOf(directory.find("w2")!)).toBeUndefined();
});

describe("an address at which nobody answers", () => {
  beforeEach(async () => {
    resident = undefined;
    addresses.start();
    await answered();
  });

  it("is named, and asked again at growing intervals until somebody does", async () => {
    expect(addresses.warnings()).toEqual([`WORKERS: no worker answers at ${URL}.`]);
    await pass(60);
    expect(askedAtMs).toEqual([0, 1000, 3000, 7000, 15_000, 30_000, 45_000, 60_000]);
    resident = "w1";
    const worker = known();
    await answered();
    expect(addresses.warnings()).toEqual([]);
    expect(addresses.urlOf(worker)).toBe(URL);
    await pass(60);
    expect(askedAtMs).toHaveLength(9);
  });

  it("is left alone after the end", async () => {
    addresses.stop();
    await pass(60);
    expect(askedAtMs).toEqual([0]);
  });
});

it("a worker that is not registered is named until it is", async () => {
  addresses.start();
  await answered();
  expect(addresses.warnings()).toEqual([
    `WORKERS: w1 at ${URL} is not registered. Does it use the same Redis?`,
  ]);
  known();
  expect(addresses.warnings()).toEqual([]);
});

it("an address is asked again when its worker boots anew or is lost, and keeps it while nobody answers", async () => {
  known();
  addresses.start();
  await answered();
  known();
  expect(askedAtMs).toHaveLength(1);
  resident = undefined;
  const next = known({ registrationId: "reg_2" });
  await answered();
  expect(askedAtMs).toHaveLength(2);
  expect(addresses.urlOf(next)).toBe(URL);
  directory.lose("w1");
  expect(askedAtMs).toHaveLength(3);
});

it("an address at which another worker answers is that worker's", async () => {
  known();
  addresses.start();
  await answered();
  resident = "w2";
  directory.set(workerInfo({ workerId: "w2" }));
  directory.lose("w1");
  await answered();
  expect(addresses.urlOf(directory.find("w2")!)).toBe(URL);
});
