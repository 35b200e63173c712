import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallOutcome, IdempotencyEntry } from "@sandbox-system/contract";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { CallJournal } from "./call-journal.js";
import { JournaledIdempotencyStore } from "./journaled-idempotency-store.js";
import { MemoryIdempotencyStore } from "./memory-idempotency-store.js";

const ENTRY: IdempotencyEntry = { tenant: "t", scope: "ses_1", key: "k", fingerprint: "f" };
const answered = (body: unknown): CallOutcome => ({
  outcome: { kind: "answer", body },
  keep: true,
});

let directory: string;
let path: string;
let clock: FakeClock;
let calls: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
  path = join(directory, "state", "calls");
  clock = new FakeClock();
  calls = 0;
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A process: what it remembers is its own, the journal is everybody's. */
function startProcess() {
  const logger = new RecordingLogger();
  const store = new JournaledIdempotencyStore({
    memory: new MemoryIdempotencyStore(clock),
    journal: new CallJournal(path),
    clock,
    logger,
  });
  const once = (entry: IdempotencyEntry, made: CallOutcome | Promise<CallOutcome>) =>
    store.once(entry, async () => {
      calls += 1;
      return await made;
    });
  return { once, logger };
}

describe("a successor", () => {
  it("gives what a call of its predecessor came to", async () => {
    await startProcess().once(ENTRY, answered({ exit_code: 3 }));
    const { outcome, replayed } = await startProcess().once(ENTRY, answered("never"));
    expect([outcome, replayed, calls]).toEqual([
      { kind: "answer", body: { exit_code: 3 } },
      true,
      1,
    ]);
  });

  it("never makes a call that its predecessor had begun", async () => {
    void startProcess().once(ENTRY, new Promise(() => undefined));
    while (calls === 0) await new Promise(setImmediate);
    const { outcome, replayed } = await startProcess().once(ENTRY, answered("never"));
    expect(outcome).toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });
    expect([replayed, calls]).toEqual([true, 1]);
  });

  it("makes a call that did nothing, and those of other keys", async () => {
    await startProcess().once(ENTRY, { ...answered("refused"), keep: false });
    const successor = startProcess();
    await successor.once(ENTRY, answered("now"));
    await successor.once({ ...ENTRY, key: "other" }, answered("too"));
    expect(calls).toBe(3);
  });

  it("refuses the key with another request", async () => {
    await startProcess().once(ENTRY, answered(1));
    const other = startProcess().once({ ...ENTRY, fingerprint: "g" }, answered(2));
    await expect(other).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  });

  it("forgets after a day", async () => {
    await startProcess().once(ENTRY, answered(1));
    clock.advance(25 * 3_600_000);
    await startProcess().once(ENTRY, answered(2));
    expect(calls).toBe(2);
  });

  it("knows that a large outcome was made, not what it was", async () => {
    await startProcess().once(ENTRY, answered("x".repeat(100_000)));
    const { outcome } = await startProcess().once(ENTRY, answered("never"));
    expect(outcome).toMatchObject({ kind: "error", code: "OPERATION_INTERRUPTED" });
    expect(calls).toBe(1);
  });

  it("reads past a torn line and garbage", async () => {
    await startProcess().once(ENTRY, answered(1));
    appendFileSync(path, 'nonsense\n{"id": 4}\n{"id":"x","at":1,"finge');
    const { replayed } = await startProcess().once(ENTRY, answered(2));
    expect(replayed).toBe(true);
  });
});

it("a call is made only when the journal has its beginning", async () => {
  appendFileSync(join(directory, "state"), "a file where the directory should be");
  await expect(startProcess().once(ENTRY, answered(1))).rejects.toThrow();
  expect(calls).toBe(0);
});

it("get-or-create is not journaled", async () => {
  await startProcess().once({ ...ENTRY, scope: "sessions" }, answered(1));
  expect(() => statSync(path)).toThrow();
});

it("a journal that has grown is written anew with what still counts", async () => {
  const { once } = startProcess();
  for (let key = 0; key < 25; key += 1)
    await once({ ...ENTRY, key: String(key) }, answered("x".repeat(50_000)));
  clock.advance(23 * 3_600_000);
  await once({ ...ENTRY, key: "recent" }, answered("y"));
  clock.advance(2 * 3_600_000);
  const { replayed } = await startProcess().once({ ...ENTRY, key: "recent" }, answered("z"));
  expect(replayed).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8").length).toBeLessThan(1000);
});
