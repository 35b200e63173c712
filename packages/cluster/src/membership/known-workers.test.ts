import { expect, it } from "@jest/globals";
import { testWorkerInfo } from "../testing/worker-info.js";
import { KnownWorkers } from "./known-workers.js";
import type { DirectoryEvent } from "./worker-directory.js";

it("tells what has happened to a worker until nobody wants to know", () => {
  const workers = new KnownWorkers();
  const events: DirectoryEvent["kind"][] = [];
  const forget = workers.subscribe(({ kind }) => events.push(kind));
  workers.put(testWorkerInfo(), 1);
  workers.put(testWorkerInfo({ activeSessions: 3 }), 2);
  workers.put(testWorkerInfo({ state: "draining" }), 3);
  workers.put(testWorkerInfo({ state: "draining", url: "http://elsewhere" }), 4);
  workers.put(testWorkerInfo({ state: "draining", registrationId: "reg_2" }), 5);
  expect(workers.find("w1")).toMatchObject({ lastBeatMs: 5, info: { registrationId: "reg_2" } });
  workers.remove("w1");
  workers.remove("w1");
  expect(events).toEqual(["changed", "beat", "changed", "changed", "changed", "lost"]);
  expect(workers.all()).toEqual([]);
  forget();
  workers.put(testWorkerInfo(), 6);
  expect(events).toHaveLength(6);
});
