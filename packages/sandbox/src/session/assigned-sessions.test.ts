import { beforeEach, describe, expect, it } from "@jest/globals";
import { sandboxError, silentLogger } from "@sandbox-system/contract";
import { FakeClock } from "@sandbox-system/contract/testing";
import { WarmPool } from "../pool/warm-pool.js";
import { FakeSandboxFactory } from "../testing/fake-sandbox-factory.js";
import { RecordingLedger } from "../testing/recording-ledger.js";
import { settled } from "../testing/settled.js";
import { AssignedSessions } from "./assigned-sessions.js";
import { noKeeper } from "./session-keeper.js";
import { SessionLifecycle } from "./session-lifecycle.js";
import { SessionManager } from "./session-manager.js";

const MINUTE = 60_000;
const REQUEST = { userId: "u", threadId: "t" };
const PLACE = { sessionId: "ses_1", generation: 1, create: true };

let clock: FakeClock;
let factory: FakeSandboxFactory;
let pool: WarmPool;
let ledger: RecordingLedger;
let lifecycle: SessionLifecycle;
let sessions: SessionManager;
let assigned: AssignedSessions;

beforeEach(() => {
  clock = new FakeClock();
  factory = new FakeSandboxFactory();
  ledger = new RecordingLedger();
  pool = new WarmPool({
    sizes: { size: 1, minSize: 0, maxSize: 5, aggressiveCleanup: true, idleTimeoutMs: MINUTE },
    create: () => factory.create(),
    clock,
    logger: silentLogger,
    random: () => 1,
  });
  pool.start();
  lifecycle = new SessionLifecycle({ pool, ledger, keeper: noKeeper, clock, logger: silentLogger });
  sessions = new SessionManager({ lifecycle, defaultTimeoutMs: 30 * MINUTE, clock });
  assigned = new AssignedSessions({ sessions, lifecycle, clock });
});

describe("AssignedSessions.open", () => {
  it("makes an unknown session with the id and generation that were given out", async () => {
    const { session, created } = await assigned.open("a", REQUEST, { ...PLACE, generation: 7 });
    expect(created).toBe(true);
    expect(session.facts).toMatchObject({ id: "ses_1", generation: 7, tenant: "a", threadId: "t" });
    expect(sessions.get("a", "ses_1")).toBe(session);
  });

  it("finds what is here, and counts as activity", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    clock.advance(29 * MINUTE);
    const again = await assigned.open("a", REQUEST, { ...PLACE, create: false });
    expect(again).toEqual({ session, created: false });
    clock.advance(29 * MINUTE);
    expect(sessions.get("a", "ses_1")).toBe(session);
  });

  it("callers who come at once join one creation; exactly one sees it created", async () => {
    factory.hold();
    const asked = [
      ...Array.from({ length: 10 }, () => assigned.open("a", REQUEST, PLACE)),
      assigned.open("a", REQUEST, { ...PLACE, create: false }),
      sessions.getOrCreate("a", REQUEST),
    ];
    factory.letGo();
    const obtained = await Promise.all(asked);
    expect(new Set(obtained.map(({ session }) => session)).size).toBe(1);
    expect(obtained.filter(({ created }) => created)).toHaveLength(1);
    expect(pool.counts().allocated).toBe(1);
  });

  it("one that should be here and is not is lost", async () => {
    await expect(assigned.open("a", REQUEST, { ...PLACE, create: false })).rejects.toMatchObject({
      code: "SESSION_LOST",
    });
    expect(pool.counts().allocated).toBe(0);
    await expect(assigned.open("a", REQUEST, PLACE)).resolves.toMatchObject({ created: true });
  });

  it.each([
    ["expired", "SESSION_EXPIRED"],
    ["lost", "SESSION_LOST"],
    ["closed", "SESSION_NOT_FOUND"],
  ] as const)("one that ended here as %s stays ended: %s", async (end, code) => {
    const { session } = await assigned.open("a", REQUEST, { ...PLACE, generation: 2 });
    await lifecycle.end(session, end);
    for (const generation of [1, 2]) {
      await expect(assigned.open("a", REQUEST, { ...PLACE, generation })).rejects.toMatchObject({
        code,
      });
    }
    const rebound = await assigned.open("a", REQUEST, { ...PLACE, generation: 3 });
    expect(rebound).toMatchObject({ created: true });
  });

  it("one whose time is up has expired, without a sweep", async () => {
    await assigned.open("a", REQUEST, PLACE);
    clock.advance(30 * MINUTE);
    await expect(assigned.open("a", REQUEST, PLACE)).rejects.toMatchObject({
      code: "SESSION_EXPIRED",
    });
  });

  it("a lower generation is superseded: it ends as lost, then the asked one is made", async () => {
    const { session: old } = await assigned.open("a", REQUEST, PLACE);
    const next = await assigned.open("a", REQUEST, { ...PLACE, generation: 2 });
    expect(next.created).toBe(true);
    expect(next.session.facts.generation).toBe(2);
    expect(old.end).toBe("lost");
    expect(sessions.get("a", "ses_1")).toBe(next.session);
    await settled();
    expect(old.facts.sandbox.state).toBe("destroyed");
    expect(ledger.ends).toEqual(["ses_1@1 lost"]);
  });

  it("a lower generation that should be here anew is superseded and lost", async () => {
    const { session: old } = await assigned.open("a", REQUEST, PLACE);
    await expect(
      assigned.open("a", REQUEST, { ...PLACE, generation: 2, create: false }),
    ).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(old.end).toBe("lost");
  });

  it("a higher generation is not shown to who asks for a lower one", async () => {
    const { session } = await assigned.open("a", REQUEST, { ...PLACE, generation: 2 });
    await expect(assigned.open("a", REQUEST, PLACE)).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    expect(session.state).toBe("active");
  });

  it("a lower generation that is still being made is waited for, then superseded", async () => {
    factory.hold();
    const [first, second] = [
      assigned.open("a", REQUEST, PLACE),
      assigned.open("a", REQUEST, { ...PLACE, generation: 2 }),
    ];
    factory.letGo();
    expect((await second).session.facts.generation).toBe(2);
    expect((await first).session.end).toBe("lost");
  });

  it("another session of the thread ends as lost first", async () => {
    const other = (await sessions.getOrCreate("a", REQUEST)).session;
    const { session } = await assigned.open("a", REQUEST, PLACE);
    expect(other.end).toBe("lost");
    expect(sessions.ofThread("a", "t")).toBe(session);
    expect(ledger.ends).toEqual([`${other.facts.id}@1 lost`]);
  });

  it("another session of the thread that is still being made is waited for, then superseded", async () => {
    factory.hold();
    const [other, mine] = [sessions.getOrCreate("a", REQUEST), assigned.open("a", REQUEST, PLACE)];
    factory.letGo();
    const { session } = await mine;
    expect((await other).session.end).toBe("lost");
    expect(sessions.ofThread("a", "t")).toBe(session);
    await settled();
    expect(pool.counts().allocated).toBe(1);
  });

  it("another tenant's session does not exist, alive or ended", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    const notFound = { code: "SESSION_NOT_FOUND" };
    await expect(assigned.open("b", REQUEST, PLACE)).rejects.toMatchObject(notFound);
    expect(session.state).toBe("active");
    await lifecycle.end(session, "lost");
    await expect(assigned.open("b", REQUEST, PLACE)).rejects.toMatchObject(notFound);
  });

  it("draining: what is here is shown, nothing is made, and nobody superseded for nothing", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    sessions.drain();
    await expect(assigned.open("a", REQUEST, PLACE)).resolves.toMatchObject({ created: false });
    await expect(
      assigned.open("a", REQUEST, { ...PLACE, sessionId: "ses_2" }),
    ).rejects.toMatchObject({ code: "DRAINING" });
    expect(session.state).toBe("active");
  });

  it("refused by the ledger: everybody who joined is told, and it never existed", async () => {
    const refusal = sandboxError("REGISTRY_UNAVAILABLE", "The registry does not answer.");
    ledger.refusal = refusal;
    const [first, second] = [
      assigned.open("a", REQUEST, PLACE),
      assigned.open("a", REQUEST, PLACE),
    ];
    await expect(first).rejects.toBe(refusal);
    await expect(second).rejects.toBe(refusal);
    expect(factory.made[0]?.sandbox.state).toBe("destroyed");
    expect(sessions.ofThread("a", "t")).toBeUndefined();
    expect(() => sessions.get("a", "ses_1")).toThrow(
      expect.objectContaining({ code: "SESSION_NOT_FOUND" }),
    );
    expect(ledger.ends).toEqual([]);
    ledger.refusal = undefined;
    await expect(assigned.open("a", REQUEST, PLACE)).resolves.toMatchObject({ created: true });
  });

  it("is shown to nobody before the ledger has agreed", async () => {
    const agree = ledger.hold();
    const opening = assigned.open("a", REQUEST, PLACE);
    await settled();
    expect(ledger.opens).toEqual(["ses_1@1"]);
    expect(sessions.ofThread("a", "t")).toBeUndefined();
    agree();
    await opening;
    expect(sessions.ofThread("a", "t")).toBeDefined();
  });
});

describe("AssignedSessions.retire", () => {
  it("acts on that very generation only, and once", async () => {
    const { session } = await assigned.open("a", REQUEST, { ...PLACE, generation: 2 });
    expect(await assigned.retire("ses_1", 1, "closed")).toBe(false);
    expect(await assigned.retire("ses_1", 3, "closed")).toBe(false);
    expect(await assigned.retire("ses_other", 2, "closed")).toBe(false);
    expect(session.state).toBe("active");
    expect(await assigned.retire("ses_1", 2, "closed")).toBe(true);
    expect(session.facts.sandbox.state).toBe("destroyed");
    expect(await assigned.retire("ses_1", 2, "closed")).toBe(false);
    expect(ledger.ends).toEqual(["ses_1@2 closed"]);
  });

  it("expired: only what has really idled; the worker knows best", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    clock.advance(29 * MINUTE);
    await sessions.use("a", "ses_1", async () => {
      clock.advance(30 * MINUTE);
      expect(await assigned.retire("ses_1", 1, "expired")).toBe(false);
    });
    clock.advance(30 * MINUTE - 1);
    expect(await assigned.retire("ses_1", 1, "expired")).toBe(false);
    clock.advance(1);
    expect(await assigned.retire("ses_1", 1, "expired")).toBe(true);
    expect(session.end).toBe("expired");
    expect(ledger.ends).toEqual(["ses_1@1 expired"]);
  });

  it("fenced: lost for its callers, and the ledger is not told what it said itself", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    expect(await assigned.retire("ses_1", 1, "fenced")).toBe(true);
    expect(session.facts.sandbox.state).toBe("destroyed");
    expect(() => sessions.get("a", "ses_1")).toThrow(
      expect.objectContaining({ code: "SESSION_LOST" }),
    );
    expect(ledger.ends).toEqual([]);
  });
});

describe("the ledger", () => {
  it("is told once of each end, whatever comes of the sandbox afterwards", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    factory.made.find(({ sandbox }) => sandbox === session.facts.sandbox)?.die();
    await settled();
    await sessions.close("a", "ses_1");
    expect(ledger.ends).toEqual(["ses_1@1 lost"]);
  });

  it("is not told of sessions that are handed over, however they go on", async () => {
    const { session } = await assigned.open("a", REQUEST, PLACE);
    sessions.handOverAll();
    await settled();
    expect(session.state).toBe("handed-over");
    expect(session.facts.sandbox.state).toBe("handed-over");
    expect(await assigned.retire("ses_1", 1, "closed")).toBe(false);
    await expect(sessions.close("a", "ses_1")).rejects.toMatchObject({ code: "DRAINING" });
    expect(sessions.get("a", "ses_1")).toBe(session);
    expect(ledger.ends).toEqual([]);
  });
});
