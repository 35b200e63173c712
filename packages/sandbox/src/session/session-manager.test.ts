import { beforeEach, describe, expect, it } from "@jest/globals";
import { silentLogger } from "@sandbox-system/contract";
import { FakeClock } from "@sandbox-system/contract/testing";
import { WarmPool } from "../pool/warm-pool.js";
import { FakeSandboxFactory } from "../testing/fake-sandbox-factory.js";
import { settled } from "../testing/settled.js";
import { noKeeper } from "./session-keeper.js";
import { noLedger } from "./session-ledger.js";
import { SessionLifecycle } from "./session-lifecycle.js";
import { SessionManager } from "./session-manager.js";

const MINUTE = 60_000;
const REQUEST = { userId: "u", threadId: "t" };

let clock: FakeClock;
let factory: FakeSandboxFactory;
let pool: WarmPool;
let manager: SessionManager;

beforeEach(() => {
  clock = new FakeClock();
  factory = new FakeSandboxFactory();
  pool = new WarmPool({
    sizes: { size: 1, minSize: 0, maxSize: 5, aggressiveCleanup: true, idleTimeoutMs: MINUTE },
    create: () => factory.create(),
    clock,
    logger: silentLogger,
    random: () => 1,
  });
  pool.start();
  const lifecycle = new SessionLifecycle({
    pool,
    ledger: noLedger,
    keeper: noKeeper,
    clock,
    logger: silentLogger,
  });
  manager = new SessionManager({ lifecycle, defaultTimeoutMs: 30 * MINUTE, clock });
});

describe("SessionManager", () => {
  it("gives a thread one session, however many ask at once", async () => {
    factory.hold();
    const asked = Promise.all(
      Array.from({ length: 20 }, () => manager.getOrCreate("tenant", REQUEST)),
    );
    factory.letGo();
    const obtained = await asked;
    expect(new Set(obtained.map(({ session }) => session)).size).toBe(1);
    expect(obtained.filter(({ created }) => created)).toHaveLength(1);
    expect(pool.counts().allocated).toBe(1);
  });

  it("keeps tenants apart: the same thread name is another session, and ids are unknown across", async () => {
    const mine = (await manager.getOrCreate("a", REQUEST)).session;
    const theirs = (await manager.getOrCreate("b", REQUEST)).session;
    expect(mine.facts.id).not.toBe(theirs.facts.id);
    expect(() => manager.get("b", mine.facts.id)).toThrow(
      expect.objectContaining({ code: "SESSION_NOT_FOUND" }),
    );
    await manager.close("b", mine.facts.id);
    expect(manager.get("a", mine.facts.id)).toBe(mine);
  });

  it("does not reveal another tenant's ended session either", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    clock.advance(30 * MINUTE);
    await manager.sweep();
    expect(() => manager.get("b", session.facts.id)).toThrow(
      expect.objectContaining({ code: "SESSION_NOT_FOUND" }),
    );
    expect(() => manager.get("a", session.facts.id)).toThrow(
      expect.objectContaining({ code: "SESSION_EXPIRED" }),
    );
  });

  it("expires after the session's own timeout, to the millisecond, without a sweep", async () => {
    const { session } = await manager.getOrCreate("a", { ...REQUEST, timeoutMinutes: 2 });
    clock.advance(2 * MINUTE - 1);
    expect(manager.get("a", session.facts.id)).toBe(session);
    clock.advance(1);
    expect(() => manager.get("a", session.facts.id)).toThrow(
      expect.objectContaining({ code: "SESSION_EXPIRED" }),
    );
    const again = await manager.getOrCreate("a", REQUEST);
    expect(again.created).toBe(true);
  });

  it("activity puts expiry off; so does an operation under way, however long", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    const { id } = session.facts;
    clock.advance(29 * MINUTE);
    await manager.use("a", id, () => Promise.resolve());
    clock.advance(29 * MINUTE);
    await manager.use("a", id, async () => {
      clock.advance(500 * MINUTE);
      expect(await manager.sweep()).toBe(0);
    });
    clock.advance(29 * MINUTE);
    expect(manager.get("a", id)).toBe(session);
  });

  it("looking at a session is no activity", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    clock.advance(29 * MINUTE);
    manager.get("a", session.facts.id);
    manager.ofThread("a", "t");
    clock.advance(MINUTE);
    expect(manager.ofThread("a", "t")).toBeUndefined();
  });

  it("a sandbox that dies takes its session along, and only that", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    const other = (await manager.getOrCreate("a", { ...REQUEST, threadId: "other" })).session;
    factory.made.find(({ sandbox }) => sandbox === session.facts.sandbox)?.die();
    await settled();
    expect(() => manager.get("a", session.facts.id)).toThrow(
      expect.objectContaining({ code: "SESSION_LOST" }),
    );
    expect(manager.get("a", other.facts.id)).toBe(other);
    expect(session.facts.sandbox.state).toBe("destroyed");
  });

  it("a session that is closed is gone, once and for all", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    await manager.close("a", session.facts.id);
    await manager.close("a", session.facts.id);
    expect(session.facts.sandbox.state).toBe("destroyed");
    expect(() => manager.get("a", session.facts.id)).toThrow(
      expect.objectContaining({ code: "SESSION_NOT_FOUND" }),
    );
  });

  it("a creation that fails is forgotten: the next call tries again", async () => {
    factory.hold();
    factory.failWith(new Error("no"));
    await manager.getOrCreate("a", { ...REQUEST, threadId: "takes the warm one" });
    const [first, second] = [manager.getOrCreate("a", REQUEST), manager.getOrCreate("a", REQUEST)];
    factory.letGo();
    await expect(first).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    await expect(second).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    factory.failWith(undefined);
    pool.engineIsBack();
    await expect(manager.getOrCreate("a", REQUEST)).resolves.toMatchObject({ created: true });
  });

  it("drain: no new sessions, existing ones go on", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    manager.drain();
    await expect(manager.getOrCreate("a", { ...REQUEST, threadId: "x" })).rejects.toMatchObject({
      code: "DRAINING",
    });
    await expect(manager.getOrCreate("a", REQUEST)).resolves.toMatchObject({ created: false });
    await expect(manager.use("a", session.facts.id, () => Promise.resolve(1))).resolves.toBe(1);
  });

  it("quiesce: waits for operations under way, refuses new ones, keeps to its deadline", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    const { id } = session.facts;
    let finish!: () => void;
    const running = manager.use("a", id, () => new Promise<void>((resolve) => (finish = resolve)));
    let quiet = false;
    const quiesced = manager.quiesce(10_000).then(() => (quiet = true));
    await expect(manager.use("a", id, () => Promise.resolve())).rejects.toMatchObject({
      code: "DRAINING",
    });
    expect(quiet).toBe(false);
    finish();
    await running;
    await quiesced;
    expect(quiet).toBe(true);
  });

  it("quiesce: an operation that does not end is waited for no longer than the deadline", async () => {
    const { session } = await manager.getOrCreate("a", REQUEST);
    void manager.use("a", session.facts.id, () => new Promise<void>(() => undefined));
    const quiesced = manager.quiesce(10_000);
    clock.advance(10_000);
    await expect(quiesced).resolves.toBeUndefined();
  });
});
