import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Owner, SessionFacts } from "../registry/session-record.js";
import type { Claim, SessionRegistry } from "../registry/session-registry.js";

/** A registry under test, and the powers over it that its users do not have. */
export interface RegistryWorld {
  readonly registry: SessionRegistry;
  /** Now by the registry's clock, milliseconds since the epoch. */
  now(): Promise<number>;
  /** A boot of a worker takes the name and its lease. */
  register(owner: Owner): Promise<void>;
  /** A worker's lease runs out. */
  loseLease(workerId: string): Promise<void>;
  /** Everything is forgotten; the registry settles. */
  empty(): Promise<void>;
  /** Ends the settling. */
  settle(): Promise<void>;
  /** Makes a placement as old as one that nobody finishes. */
  agePlacement(sessionId: string): Promise<void>;
}

const ONE: Owner = { workerId: "w1", registrationId: "reg_1" };
const ONE_AGAIN: Owner = { workerId: "w1", registrationId: "reg_1b" };
const TWO: Owner = { workerId: "w2", registrationId: "reg_2" };

/** What every registry promises. `open` gives an empty, settled one each time. */
export function describeSessionRegistry(name: string, open: () => Promise<RegistryWorld>): void {
  describe(`${name}: who holds which session`, () => {
    let world: RegistryWorld;
    let registry: SessionRegistry;

    beforeEach(async () => {
      world = await open();
      registry = world.registry;
      await world.register(ONE);
      await world.register(TWO);
    });

    const claim = (sessionId = "s1", workerId = "w1", threadId = "t1") =>
      registry.claimThread({ tenant: "acme", threadId, userId: "u", sessionId, workerId });

    const facts = (sessionId = "s1", more: Partial<SessionFacts> = {}): SessionFacts => ({
      sessionId,
      generation: 1,
      tenant: "acme",
      threadId: "t1",
      userId: "u",
      createdAtMs: 1000,
      lastActivityMs: 2000,
      timeoutMs: 500,
      ...more,
    });

    /** A session of thread t1 that its worker holds. */
    const active = async (): Promise<SessionFacts> => {
      await claim();
      expect(await registry.activate(facts(), ONE)).toBe(true);
      return facts();
    };

    describe("claiming a thread", () => {
      it("makes one session, which later claims join", async () => {
        const claims = await Promise.all([claim("a", "w1"), claim("b", "w2"), claim("c", "w1")]);
        const made = claims.filter(({ claimed }) => claimed);
        expect(made).toHaveLength(1);
        const joined: Claim = { ...made[0]!, claimed: false };
        expect(claims.filter(({ claimed }) => !claimed)).toEqual([joined, joined]);
        expect(made[0]).toMatchObject({ generation: 1, state: "placing" });
      });

      it("keeps threads of different tenants, and different threads, apart", async () => {
        await claim("a");
        const other = await registry.claimThread({
          ...{ tenant: "other", threadId: "t1", userId: "u", sessionId: "b", workerId: "w1" },
        });
        expect(other).toMatchObject({ sessionId: "b", claimed: true });
        expect(await claim("c", "w1", "t2")).toMatchObject({ sessionId: "c", claimed: true });
      });

      it("finds the session where it is", async () => {
        await active();
        expect(await claim("s2", "w2")).toEqual({
          ...{ sessionId: "s1", generation: 1, workerId: "w1", state: "active", claimed: false },
        });
      });

      it("begins anew after an end", async () => {
        await active();
        await registry.end(facts(), "closed");
        expect(await claim("s2")).toMatchObject({ sessionId: "s2", claimed: true });
      });

      it("does not count a session whose worker's lease has run out: that one is lost", async () => {
        await active();
        await world.loseLease("w1");
        expect(await claim("s2", "w2")).toMatchObject({ sessionId: "s2", claimed: true });
        expect(await registry.find("s1")).toMatchObject({ state: "ended", end: "lost" });
      });

      it("waits for a placement on a worker without a lease, but not for ever", async () => {
        await claim("s1", "w9");
        expect(await claim("s2")).toMatchObject({ sessionId: "s1", claimed: false });
        await world.agePlacement("s1");
        expect(await claim("s2")).toMatchObject({ sessionId: "s2", claimed: true });
        expect(await registry.find("s1")).toBeUndefined();
      });
    });

    describe("placing", () => {
      it("moves a placement, generation + 1, once", async () => {
        await claim();
        const moved = await registry.place({ sessionId: "s1", generation: 1 }, "w2");
        expect(moved).toEqual({
          ...{ sessionId: "s1", generation: 2, workerId: "w2", state: "placing", claimed: true },
        });
        const late = await registry.place({ sessionId: "s1", generation: 1 }, "w1");
        expect(late).toEqual({ ...moved, claimed: false });
      });

      it("says where a session is that was quicker, and nothing of one that is gone", async () => {
        await active();
        const place = () => registry.place({ sessionId: "s1", generation: 1 }, "w2");
        expect(await place()).toMatchObject({ workerId: "w1", state: "active", claimed: false });
        await registry.end(facts(), "closed");
        expect(await place()).toBeUndefined();
        expect(await registry.place({ sessionId: "s9", generation: 1 }, "w2")).toBeUndefined();
      });

      it("can be given up without a trace, by its generation only", async () => {
        await claim();
        await registry.abandon({ sessionId: "s1", generation: 2 });
        expect(await registry.find("s1")).toMatchObject({ state: "placing" });
        await registry.abandon({ sessionId: "s1", generation: 1 });
        expect(await registry.find("s1")).toBeUndefined();
        expect(await claim("s2")).toMatchObject({ claimed: true });
      });

      it("cannot be given up once it is active", async () => {
        await active();
        await registry.abandon(facts());
        expect(await registry.find("s1")).toMatchObject({ state: "active" });
      });
    });

    describe("activation", () => {
      it("writes down who holds it and what is known of it; again does no harm", async () => {
        await active();
        expect(await registry.activate(facts(), ONE)).toBe(true);
        expect(await registry.find("s1")).toEqual({
          ...facts(),
          ...{ workerId: "w1", registrationId: "reg_1", state: "active", end: undefined },
        });
        expect(await registry.findThread("acme", "t1")).toEqual(await registry.find("s1"));
      });

      it.each([
        ["another worker", facts(), TWO],
        ["another generation", facts("s1", { generation: 2 }), ONE],
        ["a boot that has not registered", facts(), ONE_AGAIN],
        ["an unknown session", facts("s9"), ONE],
      ])("is refused to %s", async (_, session, owner) => {
        await claim();
        expect(await registry.activate(session, owner)).toBe(false);
        expect(await registry.find("s1")).toMatchObject({ state: "placing", registrationId: "" });
      });

      it("is refused when the lease has run out, when it was moved, and when it has ended", async () => {
        await claim();
        await world.loseLease("w1");
        expect(await registry.activate(facts(), ONE)).toBe(false);
        await world.register(ONE);
        await registry.place(facts(), "w2");
        expect(await registry.activate(facts(), ONE)).toBe(false);
        expect(await registry.activate(facts("s1", { generation: 2 }), TWO)).toBe(true);
        await registry.end(facts("s1", { generation: 2 }), "expired");
        expect(await registry.activate(facts("s1", { generation: 2 }), TWO)).toBe(false);
      });

      it("is refused to a successor, which must restore instead", async () => {
        await active();
        await world.register(ONE_AGAIN);
        expect(await registry.activate(facts(), ONE_AGAIN)).toBe(false);
      });
    });

    describe("ends", () => {
      it.each(["closed", "expired", "lost"] as const)("remembers that it was %s", async (end) => {
        await active();
        expect(await registry.end(facts(), end)).toBe(true);
        expect(await registry.end(facts(), "closed")).toBe(false);
        expect(await registry.find("s1")).toMatchObject({ state: "ended", end });
        expect(await registry.findThread("acme", "t1")).toBeUndefined();
        expect(await registry.overdue(10)).toEqual([]);
      });

      it("are refused for another generation and for unknown sessions", async () => {
        await active();
        expect(await registry.end(facts("s1", { generation: 2 }), "closed")).toBe(false);
        expect(await registry.end(facts("s9"), "closed")).toBe(false);
        expect(await registry.find("s1")).toMatchObject({ state: "active" });
      });

      it("are told as lost only when the worker's lease has run out", async () => {
        await claim();
        expect(await registry.declareLost(facts())).toBe("not-current");
        await registry.activate(facts(), ONE);
        expect(await registry.declareLost(facts())).toBe("worker-alive");
        await world.loseLease("w1");
        expect(await registry.declareLost(facts("s1", { generation: 2 }))).toBe("not-current");
        expect(await registry.declareLost(facts())).toBe("lost");
        expect(await registry.declareLost(facts())).toBe("not-current");
        expect(await registry.find("s1")).toMatchObject({ state: "ended", end: "lost" });
      });
    });

    describe("activity", () => {
      it("moves on, never back", async () => {
        await active();
        const touch = (lastActivityMs: number) =>
          registry.touch(ONE, [{ sessionId: "s1", generation: 1, lastActivityMs }]);
        expect(await touch(5000)).toEqual([]);
        expect(await touch(3000)).toEqual([]);
        expect(await registry.find("s1")).toMatchObject({ lastActivityMs: 5000 });
      });

      it("of sessions that are not the owner's is reported, and changes nothing", async () => {
        await active();
        const at = { generation: 1, lastActivityMs: 9000 };
        const both = [
          { sessionId: "s1", ...at },
          { sessionId: "s9", ...at },
        ];
        expect(await registry.touch(TWO, both)).toEqual(["s1", "s9"]);
        expect(await registry.touch(ONE_AGAIN, both.slice(0, 1))).toEqual(["s1"]);
        expect(await registry.touch(ONE, [{ sessionId: "s1", ...at, generation: 2 }])).toEqual([
          "s1",
        ]);
        expect(await registry.find("s1")).toMatchObject({ lastActivityMs: 2000 });
      });

      it("decides who is overdue, longest overdue first, and no more than asked for", async () => {
        const now = await world.now();
        const idle = async (sessionId: string, lastActivityMs: number) => {
          await claim(sessionId, "w1", sessionId);
          const one = { threadId: sessionId, lastActivityMs, timeoutMs: 60_000 };
          expect(await registry.activate(facts(sessionId, one), ONE)).toBe(true);
        };
        await idle("late", now - 70_000);
        await idle("later", now - 80_000);
        await idle("busy", now);
        const ids = async (limit: number) =>
          (await registry.overdue(limit)).map(({ sessionId }) => sessionId);
        expect(await ids(10)).toEqual(["later", "late"]);
        expect(await ids(1)).toEqual(["later"]);
        await registry.touch(ONE, [{ sessionId: "later", generation: 1, lastActivityMs: now }]);
        expect(await ids(10)).toEqual(["late"]);
      });
    });

    describe("restoring", () => {
      it("takes a predecessor's sessions over, and what it does not hold is lost", async () => {
        await active();
        await claim("s2", "w1", "t2");
        await registry.activate(facts("s2", { threadId: "t2" }), ONE);
        await claim("s3", "w1", "t3");
        await world.register(ONE_AGAIN);
        expect(await registry.restore(ONE_AGAIN, [facts()])).toEqual([]);
        expect(await registry.find("s1")).toMatchObject({ registrationId: "reg_1b" });
        expect(await registry.find("s2")).toMatchObject({ state: "ended", end: "lost" });
        expect(await registry.find("s3")).toMatchObject({ state: "placing" });
      });

      it("makes records that the registry does not have", async () => {
        await world.empty();
        await world.register(ONE);
        expect(await registry.restore(ONE, [facts("s1", { generation: 3 })])).toEqual([]);
        expect(await registry.findThread("acme", "t1")).toMatchObject({
          ...{ sessionId: "s1", generation: 3, workerId: "w1", state: "active" },
        });
        expect(await claim("s2", "w2")).toMatchObject({ sessionId: "s1", state: "active" });
      });

      it("fences what has ended, moved, or whose thread has another session", async () => {
        await active();
        await registry.end(facts(), "closed");
        await claim("s2", "w1", "t2");
        await registry.place({ sessionId: "s2", generation: 1 }, "w2");
        await claim("s3", "w2", "t3");
        const held = [
          facts(),
          facts("s2", { threadId: "t2" }),
          facts("s4", { threadId: "t3" }),
          facts("s5", { threadId: "t5" }),
        ];
        expect(await registry.restore(ONE, held)).toEqual(["s1", "s2", "s4"]);
        expect(await registry.find("s1")).toMatchObject({ state: "ended", end: "closed" });
        expect(await registry.find("s2")).toMatchObject({ workerId: "w2", state: "placing" });
        expect(await registry.find("s4")).toBeUndefined();
        expect(await registry.find("s5")).toMatchObject({ state: "active", workerId: "w1" });
      });

      it("fences a session that another worker holds with the same generation", async () => {
        await active();
        expect(await registry.restore(TWO, [facts()])).toEqual(["s1"]);
        expect(await registry.find("s1")).toMatchObject({ workerId: "w1" });
      });

      it("wins over a registry that forgot the last move", async () => {
        await active();
        expect(await registry.restore(TWO, [facts("s1", { generation: 2 })])).toEqual([]);
        expect(await registry.find("s1")).toMatchObject({ workerId: "w2", generation: 2 });
        expect(await registry.restore(ONE, [facts()])).toEqual(["s1"]);
        expect(await registry.restore(ONE, [])).toEqual([]);
        expect(await registry.find("s1")).toMatchObject({ workerId: "w2", state: "active" });
      });

      it("takes a thread over from a session whose worker is gone", async () => {
        await active();
        await world.loseLease("w1");
        expect(await registry.restore(TWO, [facts("s2")])).toEqual([]);
        expect(await registry.find("s1")).toMatchObject({ state: "ended", end: "lost" });
        expect(await registry.findThread("acme", "t1")).toMatchObject({ sessionId: "s2" });
      });

      it("is for registered boots only", async () => {
        await active();
        const restored = registry.restore(ONE_AGAIN, [facts()]);
        await expect(restored).rejects.toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
        const nothing = registry.restore(ONE_AGAIN, []);
        await expect(nothing).rejects.toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
        expect(await registry.find("s1")).toMatchObject({ registrationId: "reg_1" });
      });

      it("takes any number of sessions", async () => {
        const many = Array.from({ length: 1100 }, (_, index) =>
          facts(`m${String(index)}`, { threadId: `m${String(index)}` }),
        );
        expect(await registry.restore(ONE, many)).toEqual([]);
        const activities = many.map((one) => ({ ...one, lastActivityMs: 3000 }));
        expect(await registry.touch(ONE, activities)).toEqual([]);
        expect(await registry.find("m1099")).toMatchObject({ lastActivityMs: 3000 });
        expect(await registry.restore(ONE, many.slice(1))).toEqual([]);
        expect(await registry.find("m0")).toMatchObject({ state: "ended", end: "lost" });
      });
    });

    describe("sweeping", () => {
      it("ends what dead workers held and drops what nobody finished, within bounds", async () => {
        for (const id of ["a", "b", "c"]) {
          await claim(id, "w1", id);
          await registry.activate(facts(id, { threadId: id }), ONE);
          await claim(`p${id}`, "w2", `p${id}`);
        }
        expect(await registry.sweep(10)).toEqual({ lost: 0, abandoned: 0 });
        await world.loseLease("w1");
        await world.agePlacement("pa");
        expect(await registry.sweep(2)).toEqual({ lost: 2, abandoned: 1 });
        expect(await registry.sweep(2)).toEqual({ lost: 1, abandoned: 0 });
        expect(await registry.find("a")).toMatchObject({ state: "ended", end: "lost" });
        expect(await registry.find("pa")).toBeUndefined();
        expect(await registry.find("pb")).toMatchObject({ state: "placing" });
      });
    });

    describe("while it is settling", () => {
      const settling = { code: "REGISTRY_UNAVAILABLE", retryAfterSeconds: 1 };

      it("does not give a thread away that a worker may be about to claim as its own", async () => {
        await world.empty();
        await expect(claim()).rejects.toMatchObject(settling);
        await world.settle();
        expect(await claim()).toMatchObject({ claimed: true });
      });

      it("loses nobody", async () => {
        await world.empty();
        await world.register(ONE);
        await registry.restore(ONE, [facts()]);
        await world.loseLease("w1");
        await expect(claim("s2", "w2")).rejects.toMatchObject(settling);
        expect(await registry.declareLost(facts())).toBe("worker-alive");
        expect(await registry.sweep(10)).toEqual({ lost: 0, abandoned: 0 });
        await world.settle();
        expect(await registry.declareLost(facts())).toBe("lost");
      });
    });
  });
}
