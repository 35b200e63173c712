import { beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { setImmediate as turn } from "node:timers/promises";
import type { SessionFacts } from "../registry/session-record.js";
import { FakeMemberHost } from "../testing/fake-member-host.js";
import { MemorySessionRegistry } from "../testing/memory-session-registry.js";
import { MemoryWorkerRegistrar } from "../testing/memory-worker-registrar.js";
import { sessionFacts } from "../testing/session-facts.js";
import { testWorkerInfo } from "../testing/worker-info.js";
import { RegisteredMember } from "./registered-member.js";

const HEARTBEAT_MS = 5000;
const LEASE_MS = 15_000;

/** A connection that a test cuts. */
class Cable {
  up = true;
  localAddress = "10.0.0.7";
  readonly #listeners = new Set<() => void>();

  constructor(private readonly registry: MemorySessionRegistry) {}

  onUp(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cut(): void {
    this.up = false;
    this.registry.available = false;
  }

  mend(): void {
    this.up = true;
    this.registry.available = true;
    for (const listener of [...this.#listeners]) listener();
  }
}

let clock: FakeClock;
let logger: RecordingLogger;
let registry: MemorySessionRegistry;
let registrar: MemoryWorkerRegistrar;
let cable: Cable;
let host: FakeMemberHost;
let closed: number;

beforeEach(() => {
  clock = new FakeClock();
  logger = new RecordingLogger();
  registry = new MemorySessionRegistry(clock);
  registrar = new MemoryWorkerRegistrar(registry, clock);
  cable = new Cable(registry);
  host = new FakeMemberHost();
  closed = 0;
});

function join(as = host): RegisteredMember {
  const member = new RegisteredMember({
    ...{ registrar, registry, connection: cable, logger, clock, random: () => 0.5 },
    ...{ heartbeatMs: HEARTBEAT_MS, leaseMs: LEASE_MS },
    host: () => as,
    open: () => undefined,
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
  });
  member.start();
  return member;
}

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await turn();
}

async function joined(): Promise<RegisteredMember> {
  const member = join();
  await member.registered;
  await settle();
  return member;
}

/** Time passes, in steps, as it does for a process that runs. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await settle();
  }
}

/** A session that this worker has made. */
async function open(member: RegisteredMember, sessionId = "s1"): Promise<SessionFacts> {
  const { tenant, threadId, userId, ...facts } = sessionFacts(sessionId);
  const { workerId } = host;
  await registry.claimThread({ tenant, threadId, userId, sessionId, workerId });
  const session = { tenant, threadId, userId, ...facts };
  await member.sessionOpened(session);
  host.sessions.push(session);
  return session;
}

describe("joining", () => {
  it("registers with the address that Redis sees, and beats before the lease is over", async () => {
    const member = await joined();
    expect(member.isRegistered).toBe(true);
    expect(registrar.heard[0]).toMatchObject({
      leaseMs: LEASE_MS,
      info: { workerId: "w1", url: "http://10.0.0.7:5000", state: "active" },
    });
    const before = registrar.heard.length;
    await pass(HEARTBEAT_MS * 4);
    expect(registrar.heard.length - before).toBe(4);
    expect(logger.events().filter((event) => event === "cluster.register")).toHaveLength(1);
  });

  it("keeps trying while Redis is away", async () => {
    cable.cut();
    const member = join();
    await pass(60_000);
    expect(member).toMatchObject({ isRegistered: false, connected: false });
    cable.mend();
    await member.registered;
    expect(member).toMatchObject({ isRegistered: true, connected: true });
  });

  it("tells a change of state at once", async () => {
    const member = await joined();
    host.workerState = "draining";
    member.announce();
    await settle();
    expect(registrar.heard.at(-1)?.info.state).toBe("draining");
  });

  it("does not give a predecessor's sessions up before it has taken them over", async () => {
    registry.register({ workerId: "w1", registrationId: "reg_0" });
    await registry.restore({ workerId: "w1", registrationId: "reg_0" }, [sessionFacts("s1")]);
    host.workerState = "starting";
    const member = join();
    await member.registered;
    await pass(HEARTBEAT_MS * 3);
    expect(await registry.find("s1")).toMatchObject({ state: "active", registrationId: "reg_0" });
    // Draining before it has ever served: a successor may still want them.
    host.workerState = "draining";
    member.announce();
    await settle();
    expect(await registry.find("s1")).toMatchObject({ state: "active", registrationId: "reg_0" });
    host.workerState = "active";
    host.sessions = [sessionFacts("s1")];
    member.announce();
    await settle();
    expect(await registry.find("s1")).toMatchObject({ state: "active", registrationId: "reg_1" });
  });
});

describe("a name that is taken", () => {
  const incumbent = testWorkerInfo({ registrationId: "reg_0", engineId: "engine-0" });

  it("is waited for until the other's lease has run out", async () => {
    await registrar.register(incumbent, LEASE_MS);
    const member = join();
    await pass(LEASE_MS - 1000);
    expect(member.isRegistered).toBe(false);
    await pass(2000);
    expect(member.isRegistered).toBe(true);
    expect(logger.events().filter((event) => event === "cluster.name-taken")).toHaveLength(1);
    expect(host.reasons).toEqual([]);
  });

  it("is given up when the other renews it", async () => {
    await registrar.register(incumbent, LEASE_MS);
    const member = join();
    await pass(LEASE_MS - 1000);
    await registrar.beat(incumbent, LEASE_MS);
    await pass(3000);
    expect(member.isRegistered).toBe(false);
    expect(host.reasons).toEqual([expect.stringContaining("WORKER_ID")]);
    expect(closed).toBe(1);
  });

  it("is not disputed before the own engine is known", async () => {
    await registrar.register(incumbent, 10 * LEASE_MS);
    host.engineId = "";
    const member = join();
    await pass(3 * LEASE_MS);
    expect(host.reasons).toEqual([]);
    expect(logger.events()).not.toContain("cluster.name-taken");
    host.engineId = "engine-0";
    member.announce();
    await settle();
    expect(member.isRegistered).toBe(true);
  });

  it("on the same engine is a restart: the older boot is told", async () => {
    await joined();
    const successor = new FakeMemberHost("w1", "reg_2");
    await join(successor).registered;
    await pass(HEARTBEAT_MS);
    expect(host.reasons).toEqual([expect.stringContaining("w1")]);
    expect(successor.reasons).toEqual([]);
  });

  it("is not fought for once it was lost to another engine", async () => {
    const member = await joined();
    registrar.forget();
    await registrar.register(incumbent, LEASE_MS);
    await pass(HEARTBEAT_MS);
    expect(host.reasons).toHaveLength(1);
    await member.withdraw();
    expect(await registrar.beat(incumbent, LEASE_MS)).toBe("renewed");
  });
});

describe("sessions", () => {
  it("are activated before they are shown", async () => {
    const member = await joined();
    await open(member);
    expect(await registry.find("s1")).toMatchObject({ state: "active", registrationId: "reg_1" });
  });

  it("that are somebody else's by now are refused", async () => {
    const member = await joined();
    await expect(member.sessionOpened(sessionFacts("s1"))).rejects.toMatchObject({
      code: "SESSION_LOST",
    });
  });

  it("are refused while Redis is away, and ended there in case it was written all the same", async () => {
    const member = await joined();
    const { tenant, threadId, userId } = sessionFacts("s1");
    await registry.claimThread({ tenant, threadId, userId, sessionId: "s1", workerId: "w1" });
    cable.cut();
    await expect(member.sessionOpened(sessionFacts("s1"))).rejects.toMatchObject({
      code: "REGISTRY_UNAVAILABLE",
    });
    cable.mend();
    await settle();
    expect(await registry.find("s1")).toMatchObject({ state: "ended" });
  });

  it("that end are told at once, or when Redis is back", async () => {
    const member = await joined();
    const first = await open(member, "s1");
    const second = await open(member, "s2");
    host.sessions = [];
    member.sessionEnded(first, "closed");
    await settle();
    expect(await registry.find("s1")).toMatchObject({ end: "closed" });
    cable.cut();
    member.sessionEnded(second, "expired");
    await pass(HEARTBEAT_MS * 2);
    cable.mend();
    await settle();
    expect(await registry.find("s2")).toMatchObject({ end: "expired" });
  });

  it("tell their activity with the beats, and only what has changed", async () => {
    const member = await joined();
    host.sessions.push(await open(member));
    host.sessions = [sessionFacts("s1", { lastActivityMs: 9000 })];
    await pass(HEARTBEAT_MS);
    expect(await registry.find("s1")).toMatchObject({ lastActivityMs: 9000 });
  });

  it("are restored when the registry was emptied; none is lost", async () => {
    const member = await joined();
    await open(member);
    registry.empty();
    registrar.forget();
    await pass(HEARTBEAT_MS);
    expect(await registry.find("s1")).toMatchObject({ state: "active", workerId: "w1" });
    expect(host.lostSessions).toEqual([]);
  });

  it("are restored after every reconnection", async () => {
    const member = await joined();
    await open(member);
    cable.cut();
    await pass(1000);
    registry.empty();
    registrar.forget();
    cable.mend();
    await settle();
    expect(await registry.find("s1")).toMatchObject({ state: "active" });
    expect(logger.lines.at(-1)).toMatchObject({
      event: "cluster.restore",
      fields: { sessions: 1 },
    });
  });

  it("count as held while they are being opened", async () => {
    const member = await joined();
    const session = sessionFacts("s1");
    const { tenant, threadId, userId } = session;
    await registry.claimThread({ tenant, threadId, userId, sessionId: "s1", workerId: "w1" });
    const opened = member.sessionOpened(session);
    cable.mend();
    await opened;
    await settle();
    expect(await registry.find("s1")).toMatchObject({ state: "active" });
  });
});

describe("a process that stood still", () => {
  /** Somebody else declares the session lost meanwhile. */
  async function standStill(): Promise<RegisteredMember> {
    const member = await joined();
    const session = await open(member);
    registrar.forget();
    expect(await registry.declareLost(session)).toBe("lost");
    // Nothing runs during a pause: no timer has fired when the first caller comes.
    const stopped = clock.now() + LEASE_MS;
    clock.now = () => stopped;
    return member;
  }

  it("serves no session before it knows what has become of it", async () => {
    const member = await standStill();
    let isLetGo = false;
    host.onFenced = async () => {
      await turn();
      isLetGo = true;
    };
    const certain = member.awaitLease();
    expect(certain).toBeInstanceOf(Promise);
    await certain;
    expect(isLetGo).toBe(true);
    expect(host.lostSessions).toEqual(["s1"]);
    expect(member.awaitLease()).toBeUndefined();
  });

  it("waits for a connection that died meanwhile, if Redis is there", async () => {
    const member = await standStill();
    cable.cut();
    const certain = member.awaitLease();
    await settle();
    expect(host.lostSessions).toEqual([]);
    cable.mend();
    await certain;
    expect(host.lostSessions).toEqual(["s1"]);
  });

  it("goes on when Redis proves to be away", async () => {
    const member = await standStill();
    cable.cut();
    const certain = member.awaitLease();
    await settle();
    clock.advance(1000);
    await certain;
    expect(host.lostSessions).toEqual([]);
  });

  it("is not what a long absence of Redis looks like", async () => {
    const member = await joined();
    cable.cut();
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await pass(1000);
      expect(member.awaitLease()).toBeUndefined();
    }
  });
});

describe("leaving", () => {
  it("leaves sessions and a lease for a successor, with everything told", async () => {
    const member = await joined();
    await open(member);
    clock.advance(0);
    host.sessions = [sessionFacts("s1", { lastActivityMs: 7000 })];
    await member.leave(30_000);
    expect(registrar.heard.at(-1)).toMatchObject({
      leaseMs: 30_000,
      info: { state: "restarting" },
    });
    expect(await registry.find("s1")).toMatchObject({ state: "active", lastActivityMs: 7000 });
    expect(closed).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("for good frees the name", async () => {
    const member = await joined();
    await member.withdraw();
    await member.withdraw();
    const other = testWorkerInfo({ registrationId: "reg_9", engineId: "engine-9" });
    expect(await registrar.register(other, LEASE_MS)).toEqual({ kind: "registered" });
    expect(closed).toBe(1);
  });

  it("does not wait for a Redis that is away", async () => {
    const member = await joined();
    cable.cut();
    await member.leave(30_000);
    expect(closed).toBe(1);
    expect(logger.lines.at(-1)).toMatchObject({
      ...{ level: "warn", event: "cluster.leave" },
      fields: { outcome: "error" },
    });
  });
});
