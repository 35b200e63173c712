import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import type { CallOutcome, IdempotencyEntry } from "@sandbox-system/contract";
import { type IdempotencyLimits, MemoryIdempotencyStore } from "./memory-idempotency-store.js";

const ENTRY: IdempotencyEntry = { tenant: "t", scope: "s", key: "k", fingerprint: "f" };

function open(limits: Partial<IdempotencyLimits> = {}) {
  const clock = new FakeClock();
  const store = new MemoryIdempotencyStore(clock, limits);
  let calls = 0;
  const call = (keep = true, text = ""): (() => Promise<CallOutcome>) => {
    return () => {
      calls += 1;
      return Promise.resolve({ outcome: { kind: "answer", body: [calls, text] }, keep });
    };
  };
  return { clock, store, call, calls: () => calls };
}

describe("MemoryIdempotencyStore", () => {
  it("makes a call once and replays it", async () => {
    const { store, call, calls } = open();
    const first = await store.once(ENTRY, call());
    const second = await store.once(ENTRY, call());
    expect(first).toMatchObject({ replayed: false });
    expect(second).toEqual({ outcome: first.outcome, replayed: true });
    expect(calls()).toBe(1);
  });

  it("lets a second caller wait for the first", async () => {
    const { store } = open();
    let finish!: (outcome: CallOutcome) => void;
    const first = store.once(ENTRY, () => new Promise((resolve) => (finish = resolve)));
    const second = store.once(ENTRY, () => Promise.reject(new Error("must not be called")));
    finish({ outcome: { kind: "answer", body: 1 }, keep: false });
    expect(await first).toMatchObject({ replayed: false });
    expect(await second).toMatchObject({ outcome: { body: 1 }, replayed: true });
  });

  it.each([{ tenant: "u" }, { scope: "x" }, { key: "l" }])("%j is another call", async (other) => {
    const { store, call, calls } = open();
    await store.once(ENTRY, call());
    await store.once({ ...ENTRY, ...other }, call());
    expect(calls()).toBe(2);
  });

  it("cannot be tricked by separators in names", async () => {
    const { store, call, calls } = open();
    await store.once({ ...ENTRY, scope: 's","k', key: "x" }, call());
    await store.once({ ...ENTRY, scope: "s", key: 'k","x' }, call());
    expect(calls()).toBe(2);
  });

  it("refuses the key with another request, under way or made", async () => {
    const { store, call } = open();
    const other = { ...ENTRY, fingerprint: "g" };
    const first = store.once(ENTRY, call());
    await expect(store.once(other, call())).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
    await first;
    await expect(store.once(other, call())).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  });

  it("frees the key when nothing was done", async () => {
    const { store, call, calls } = open();
    await store.once(ENTRY, call(false));
    await store.once({ ...ENTRY, fingerprint: "g" }, call());
    expect(calls()).toBe(2);
  });

  it("forgets after its time", async () => {
    const { store, call, calls, clock } = open({ ttlMs: 1000 });
    await store.once(ENTRY, call());
    clock.advance(1000);
    await store.once(ENTRY, call());
    expect(calls()).toBe(1);
    clock.advance(1001);
    await store.once(ENTRY, call());
    expect(calls()).toBe(2);
  });

  it("forgets the oldest beyond its number and its bytes", async () => {
    for (const limits of [{ maxEntries: 2 }, { maxBytes: 300, maxEntryBytes: 250 }]) {
      const { store, call, calls } = open(limits);
      for (const key of ["a", "b", "c"])
        await store.once({ ...ENTRY, key }, call(true, "x".repeat(80)));
      await store.once({ ...ENTRY, key: "c" }, call());
      expect(calls()).toBe(3);
      await store.once({ ...ENTRY, key: "a" }, call());
      expect(calls()).toBe(4);
    }
  });

  it("remembers of a large outcome that it was, and never makes the call again", async () => {
    const { store, call, calls } = open({ maxEntryBytes: 100 });
    const first = await store.once(ENTRY, call(true, "x".repeat(200)));
    expect(first.outcome).toMatchObject({ kind: "answer" });
    const second = await store.once(ENTRY, call());
    expect(second.outcome).toMatchObject({
      kind: "error",
      code: "OPERATION_INTERRUPTED",
      details: { admitted: true },
    });
    expect(calls()).toBe(1);
  });
});
