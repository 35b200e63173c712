import { describe, expect, it } from "@jest/globals";
import { testWorkerInfo } from "../testing/worker-info.js";
import { beatMessageFrom, workerInfoFrom } from "./beat-message.js";

describe("a message of a worker", () => {
  it("is a beat, or a farewell", () => {
    const beat = { info: testWorkerInfo(), leaseMs: 15_000, atMs: 1 };
    expect(beatMessageFrom(JSON.stringify(beat))).toEqual(beat);
    const farewell = { gone: { workerId: "w1", registrationId: "reg_1" } };
    expect(beatMessageFrom(JSON.stringify(farewell))).toEqual(farewell);
    expect(workerInfoFrom(JSON.stringify(testWorkerInfo()))).toEqual(testWorkerInfo());
  });

  it.each(["", "{", "null", '{"info":{},"leaseMs":1,"atMs":1}', '{"gone":{"workerId":"w1"}}'])(
    "that is %j is none",
    (text) => {
      expect(beatMessageFrom(text)).toBeUndefined();
      expect(workerInfoFrom(text)).toBeUndefined();
    },
  );
});
