import { describe, expect, it } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { EngineError } from "../engine/container-engine.js";
import type { Sandbox } from "../sandbox/sandbox.js";
import type { PoolOptions } from "../settings/sandbox-options.js";
import { FakeSandboxFactory } from "../testing/fake-sandbox-factory.js";
import { settled } from "../testing/settled.js";
import { WarmPool } from "./warm-pool.js";

function makePool(sizes: Partial<PoolOptions> = {}, factory = new FakeSandboxFactory()) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const pool = new WarmPool({
    sizes: {
      size: 2,
      minSize: 0,
      maxSize: 4,
      aggressiveCleanup: true,
      idleTimeoutMs: 300_000,
      ...sizes,
    },
    create: () => factory.create(),
    clock,
    logger,
    random: () => 1,
  });
  return { pool, factory, clock, logger };
}

async function claimMany(pool: WarmPool, count: number): Promise<Sandbox[]> {
  return await Promise.all(Array.from({ length: count }, () => pool.claim()));
}

describe("WarmPool", () => {
  it("fills to its size, and again after a claim", async () => {
    const { pool } = makePool();
    pool.start();
    await settled();
    expect(pool.counts()).toEqual({ available: 2, allocated: 0, total: 2, max_capacity: 4 });
    const sandbox = await pool.claim();
    expect(sandbox.state).toBe("claimed");
    await settled();
    expect(pool.counts()).toEqual({ available: 2, allocated: 1, total: 3, max_capacity: 4 });
  });

  it("gives no sandbox to two callers", async () => {
    const { pool } = makePool({ size: 4, maxSize: 40 });
    pool.start();
    const sandboxes = await claimMany(pool, 30);
    expect(new Set(sandboxes.map(({ id }) => id)).size).toBe(30);
  });

  it("never holds more than its maximum, and says so", async () => {
    const { pool, factory } = makePool({ size: 2, maxSize: 3 });
    pool.start();
    await claimMany(pool, 3);
    await expect(pool.claim()).rejects.toMatchObject({
      code: "POOL_EXHAUSTED",
      message: expect.stringContaining("Pool at max capacity"),
      retryAfterSeconds: 5,
    });
    expect(factory.created).toBe(3);
  });

  it("at the maximum, a caller waits for a place that is about to be free", async () => {
    const { pool, factory } = makePool({ size: 1, maxSize: 1 });
    pool.start();
    const first = await pool.claim();
    const gone = factory.holdRelease(first);
    const discarded = pool.discard(first, new Error("over"));
    const waiting = pool.claim();
    await expect(pool.claim()).rejects.toMatchObject({ code: "POOL_EXHAUSTED" });
    gone();
    await discarded;
    expect((await waiting).id).not.toBe(first.id);
  });

  it("serves waiting callers first come, first served", async () => {
    const { pool, factory } = makePool({ size: 0, maxSize: 10 });
    factory.hold();
    pool.start();
    const order: number[] = [];
    const claims = [1, 2, 3].map((caller) => pool.claim().then(() => order.push(caller)));
    factory.letGo();
    await Promise.all(claims);
    expect(order).toEqual([1, 2, 3]);
  });

  it("bounds creations under way", async () => {
    const { pool, factory } = makePool({ size: 20, maxSize: 20 });
    factory.hold();
    pool.start();
    expect(factory.creating).toBe(4);
    factory.letGo();
    await settled();
    expect(factory.mostCreating).toBe(4);
    expect(pool.counts().available).toBe(20);
    await Promise.resolve();
  });

  it("hands out only what answers its health check", async () => {
    const { pool, factory } = makePool({ size: 2 });
    pool.start();
    await settled();
    factory.made[0]?.playDead();
    const sandbox = await pool.claim();
    expect(sandbox).toBe(factory.made[1]?.sandbox);
    expect(factory.made[0]?.sandbox.state).toBe("destroyed");
  });

  it("replaces a warm sandbox that dies", async () => {
    const { pool, factory, logger } = makePool({ size: 2 });
    pool.start();
    await settled();
    factory.made[0]?.die();
    await settled();
    expect(pool.counts().available).toBe(2);
    expect(factory.created).toBe(3);
    expect(logger.events()).toContain("pool.lost");
  });

  it("backs off when the engine fails, refuses callers meanwhile, and recovers", async () => {
    const { pool, factory, clock } = makePool({ size: 1 });
    factory.failWith(new EngineError("unavailable", "Cannot make a container: nobody there"));
    pool.start();
    await settled();
    const attempts = factory.attempts;
    await expect(pool.claim()).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("Is Docker running?"),
      retryAfterSeconds: 1,
    });
    expect(factory.attempts).toBe(attempts);
    factory.failWith(undefined);
    clock.advance(10_000);
    await settled();
    expect(pool.counts().available).toBe(1);
    expect(pool.lastFailure).toBeUndefined();
  });

  it("tries a failing engine with one creation at a time", async () => {
    const { pool, factory, clock } = makePool({ size: 4 });
    factory.failWith(new EngineError("refused", "no"));
    pool.start();
    await settled();
    const attempts = factory.attempts;
    clock.advance(20_000);
    await settled();
    expect(factory.attempts).toBe(attempts + 1);
  });

  it("tries again at once when the engine is known to be back", async () => {
    const { pool, factory } = makePool({ size: 1 });
    factory.failWith(new EngineError("unavailable", "away"));
    pool.start();
    await settled();
    factory.failWith(undefined);
    pool.engineIsBack();
    await settled();
    expect(pool.counts().available).toBe(1);
  });

  it("AGGRESSIVE_CLEANUP=true: surplus goes at once", async () => {
    const { pool } = makePool({ size: 3, minSize: 1 });
    pool.start();
    await settled();
    pool.setTarget(0);
    expect(pool.counts().available).toBe(1);
  });

  it("AGGRESSIVE_CLEANUP=false: surplus goes when it has idled long enough", async () => {
    const { pool, clock } = makePool({ size: 3, minSize: 1, aggressiveCleanup: false });
    pool.start();
    await settled();
    pool.setTarget(1);
    expect(pool.counts().available).toBe(3);
    clock.advance(299_999);
    expect(pool.counts().available).toBe(3);
    clock.advance(1);
    expect(pool.counts().available).toBe(1);
  });

  it("turns waiting callers away after 30 seconds", async () => {
    const { pool, factory, clock } = makePool({ size: 0 });
    factory.hold();
    pool.start();
    const waiting = pool.claim();
    clock.advance(30_000);
    await expect(waiting).rejects.toMatchObject({ code: "POOL_EXHAUSTED" });
    factory.letGo();
    await settled();
  });

  it("stop: refuses, destroys everything, what is being made included", async () => {
    const { pool, factory } = makePool({ size: 3 });
    pool.start();
    await settled();
    const claimed = await pool.claim();
    factory.hold();
    const waiting = pool
      .claim()
      .then(() => pool.claim())
      .then(() => pool.claim());
    waiting.catch(() => undefined);
    await settled();
    const stopped = pool.stop();
    factory.letGo();
    await stopped;
    await expect(pool.claim()).rejects.toMatchObject({ code: "DRAINING" });
    expect(claimed.state).toBe("destroyed");
    expect(factory.made.every(({ sandbox }) => sandbox.state === "destroyed")).toBe(true);
    expect(pool.counts().total).toBe(0);
  });

  it("what was adopted counts, may exceed the maximum, and keeps anything from being made", async () => {
    const predecessor = new FakeSandboxFactory();
    const { pool, factory } = makePool({ size: 1, maxSize: 2 });
    const adopted = await Promise.all([1, 2, 3].map(() => predecessor.create()));
    for (const sandbox of adopted) pool.adopt(sandbox);
    pool.start();
    await settled();
    expect(pool.counts()).toMatchObject({ available: 0, allocated: 3, total: 3 });
    await expect(pool.claim()).rejects.toMatchObject({ code: "POOL_EXHAUSTED" });
    await pool.discard(adopted[0]!, new Error("over"));
    expect(factory.attempts).toBe(0);
    await pool.discard(adopted[1]!, new Error("over"));
    await settled();
    expect(pool.counts()).toMatchObject({ available: 1, allocated: 1, total: 2 });
  });

  it("stop leaves alone what was handed over", async () => {
    const { pool } = makePool({ size: 1 });
    pool.start();
    const [kept, ended] = await claimMany(pool, 2);
    pool.handOver(kept!, new Error("stopped"));
    await pool.stop();
    expect(kept?.state).toBe("handed-over");
    expect(kept?.connection.usable).toBe(false);
    expect(ended?.state).toBe("destroyed");
  });

  it("says what scaling needs: claims, how long a creation takes, target and minimum", async () => {
    const { pool, factory, clock } = makePool({ size: 1, minSize: 1, maxSize: 3 });
    expect(pool.demand()).toEqual({ claims: 0, createMs: undefined, poolTarget: 1, poolMin: 1 });
    factory.hold();
    pool.start();
    clock.advance(400);
    factory.letGo();
    await settled();
    expect(pool.demand().createMs).toBe(400);
    await pool.claim();
    await settled();
    expect(pool.demand()).toMatchObject({ claims: 1, createMs: 320 });
    pool.setTarget(99);
    expect(pool.demand().poolTarget).toBe(3);
    pool.setTarget(0);
    expect(pool.demand().poolTarget).toBe(1);
    expect(() => {
      pool.setTarget(1.5);
    }).toThrow(RangeError);
  });
});
