import { describe, expect, it } from "@jest/globals";
import { sandboxError } from "@sandbox-system/contract";
import { FakeClock } from "@sandbox-system/contract/testing";
import { awaitSettled } from "./await-settled.js";

const settling = () =>
  sandboxError("REGISTRY_UNAVAILABLE", "Settling.", { details: { settling: true } });

/** Lets time pass until the promise is settled. */
async function settled<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const state = { done: false };
  const end = (): void => {
    state.done = true;
  };
  promise.then(end, end);
  while (!state.done) {
    clock.advance(100);
    await new Promise(setImmediate);
  }
  return promise;
}

describe("awaitSettled", () => {
  it("waits until the registry has settled", async () => {
    const clock = new FakeClock();
    let asked = 0;
    const answer = awaitSettled(clock, () => {
      asked += 1;
      return asked < 4 ? Promise.reject(settling()) : Promise.resolve("claim");
    });
    await expect(settled(clock, answer)).resolves.toBe("claim");
    expect(asked).toBe(4);
  });

  it("does not wait for ever", async () => {
    const clock = new FakeClock();
    const answer = awaitSettled(clock, () => Promise.reject(settling()));
    await expect(settled(clock, answer)).rejects.toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
  });

  it("does not wait for a registry that is away", async () => {
    let asked = 0;
    const answer = awaitSettled(new FakeClock(), () => {
      asked += 1;
      return Promise.reject(sandboxError("REGISTRY_UNAVAILABLE", "Away."));
    });
    await expect(answer).rejects.toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
    expect(asked).toBe(1);
  });
});
