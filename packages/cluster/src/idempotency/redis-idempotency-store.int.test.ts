import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from "@jest/globals";
import { type CallOutcome, type IdempotencyEntry, systemClock } from "@sandbox-system/contract";
import { RecordingLogger } from "@sandbox-system/contract/testing";
import { randomUUID } from "node:crypto";
import { RedisLink } from "../redis/redis-link.js";
import { testClusterOptions } from "../testing/cluster-options.js";
import { RedisServer } from "../testing/redis-server.js";
import { until } from "../testing/until.js";
import { RedisIdempotencyStore } from "./redis-idempotency-store.js";

jest.setTimeout(60_000);

const ENTRY: IdempotencyEntry = {
  tenant: "acme",
  scope: "sessions",
  key: "k1",
  fingerprint: "f1",
};

const server = new RedisServer();
let link: RedisLink;
let logger: RecordingLogger;
let store: RedisIdempotencyStore;
let calls: number;

beforeAll(() => server.start());
afterAll(() => server.cleanUp());
beforeEach(async () => {
  logger = new RecordingLogger();
  calls = 0;
  link = new RedisLink({
    options: testClusterOptions(server.url, { keyPrefix: randomUUID() }),
    ...{ use: "requests", logger, clock: systemClock, random: Math.random },
  });
  link.open();
  await until("it is connected", () => link.up);
  store = new RedisIdempotencyStore(link, logger);
});
afterEach(() => link.close());

function answering(body: unknown, keep = true): () => Promise<CallOutcome> {
  return () => {
    calls += 1;
    return Promise.resolve({ outcome: { kind: "answer", body }, keep });
  };
}

describe("outcomes in Redis", () => {
  it("are remembered for a day, for all coordinators", async () => {
    const first = await store.once(ENTRY, answering({ id: 1 }));
    const other = new RedisIdempotencyStore(link, logger);
    const second = await other.once(ENTRY, answering({ id: 2 }));
    expect(first).toEqual({ outcome: { kind: "answer", body: { id: 1 } }, replayed: false });
    expect(second).toEqual({ ...first, replayed: true });
    expect(calls).toBe(1);
    const ttlMs = await server.admin.pttl(link.keys.idempotency(ENTRY));
    expect(ttlMs).toBeGreaterThan(23 * 3_600_000);
  });

  it("of failures are remembered too", async () => {
    const failed = {
      kind: "error",
      code: "INTERNAL_ERROR",
      message: "x",
      details: { a: 1 },
    } as const;
    await store.once(ENTRY, () => Promise.resolve({ outcome: failed, keep: true }));
    expect(await store.once(ENTRY, answering(1))).toEqual({ outcome: failed, replayed: true });
  });

  it("of calls that did nothing leave the key free", async () => {
    await store.once(ENTRY, answering(1, false));
    expect(await store.once({ ...ENTRY, fingerprint: "f2" }, answering(2))).toMatchObject({
      replayed: false,
    });
    expect(calls).toBe(2);
  });

  it("are not given for another request", async () => {
    await store.once(ENTRY, answering(1));
    const other = store.once({ ...ENTRY, fingerprint: "f2" }, answering(2));
    await expect(other).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
    expect(calls).toBe(1);
  });

  it.each([{ tenant: "other" }, { scope: "other" }, { key: "other" }])(
    "of %j are another's",
    async (more) => {
      await store.once(ENTRY, answering(1));
      expect(await store.once({ ...ENTRY, ...more }, answering(2))).toMatchObject({
        replayed: false,
      });
    },
  );

  it("do not make a second caller wait: both call, the first outcome stays", async () => {
    let finish: (outcome: CallOutcome) => void = () => undefined;
    const slow = store.once(ENTRY, () => new Promise((resolve) => (finish = resolve)));
    const quick = await until("the quick one has called", () => store.once(ENTRY, answering("q")));
    expect(quick.replayed).toBe(false);
    finish({ outcome: { kind: "answer", body: "s" }, keep: true });
    expect((await slow).outcome).toEqual({ kind: "answer", body: "s" });
    expect((await store.once(ENTRY, answering(3))).outcome).toEqual({ kind: "answer", body: "q" });
  });

  it("that are too large are not kept", async () => {
    await store.once(ENTRY, answering("x".repeat(300_000)));
    expect(await store.once(ENTRY, answering(2))).toMatchObject({ replayed: false });
  });

  it("reach their caller even when Redis goes away meanwhile; nothing is called without Redis", async () => {
    const made = await store.once(ENTRY, async () => {
      await server.stop();
      return { outcome: { kind: "answer", body: 1 }, keep: true };
    });
    expect(made).toMatchObject({ replayed: false });
    expect(logger.events()).toContain("idempotency.settle");
    await expect(store.once(ENTRY, answering(2))).rejects.toMatchObject({
      code: "REGISTRY_UNAVAILABLE",
    });
    expect(calls).toBe(0);
    await server.start();
  });
});
