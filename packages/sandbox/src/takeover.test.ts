import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { createSandboxService } from "./create-sandbox-service.js";
import { FrameType } from "./execd/protocol/frame-type.js";
import { workerPaths } from "./ownership/run-dir.js";
import type { SandboxService } from "./sandbox-service.js";
import { parseSandboxOptions } from "./settings/parse-sandbox-options.js";
import { FakeEngine } from "./testing/fake-engine.js";
import { RecordingLedger } from "./testing/recording-ledger.js";
import { settled } from "./testing/settled.js";

const REQUEST = { userId: "u", threadId: "t", env: { A: "1" }, metadata: { note: "x" } };
const ECHO = { command: "echo" };

let runDir: string;
let engine: FakeEngine;
let clock: FakeClock;
let logger: RecordingLogger;
let ledger: RecordingLedger;
let services: SandboxService[];

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "sbx-"));
  engine = new FakeEngine();
  engine.onAgent = (agent) => {
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) agent.exit(stream);
    };
  };
  clock = new FakeClock();
  logger = new RecordingLogger();
  ledger = new RecordingLedger();
  services = [];
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.stop({ deadlineMs: 0 })));
  engine.goAway();
  rmSync(runDir, { recursive: true, force: true });
});

describe.each(["unix", "attach"])("a service that succeeds another, over %s", (transport) => {
  const paths = () => workerPaths(runDir, "unit");

  function makeService({ keepsSessions = true } = {}): SandboxService {
    const options = parseSandboxOptions({
      WORKER_ID: "unit",
      RUN_DIR: runDir,
      EXECD_TRANSPORT: transport,
      POOL_SIZE: "1",
      MIN_POOL_SIZE: "0",
      MAX_POOL_SIZE: "3",
      COMMAND_POLICY: "off",
    });
    const service = createSandboxService(options, { engine, clock, logger, ledger, keepsSessions });
    services.push(service);
    return service;
  }

  /** A service that has stopped and left the session of thread `t`; its container's id. */
  async function predecessor(): Promise<{ sessionId: string; containerId: string }> {
    const service = makeService();
    await service.start();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    await service.stop({ keepSessions: true });
    const [containerId = "", ...more] = engine.containers.keys();
    expect(more).toEqual([]);
    return { sessionId, containerId };
  }

  it("goes on with its session: same id, same sandbox, same terms", async () => {
    const { sessionId, containerId } = await predecessor();
    const service = makeService();
    await service.start();
    expect(engine.containers.has(containerId)).toBe(true);
    expect(service.registrationId).not.toBe(services[0]?.registrationId);
    expect(await service.getOrCreateSession("default", REQUEST)).toMatchObject({
      sessionId,
      status: "existing",
      workspaceDir: "/workspace",
      user: "sandboxuser",
      metadata: { note: "x" },
    });
    expect(service.ownedSessions()).toEqual([
      expect.objectContaining({ sessionId, threadId: "t", userId: "u", generation: 1 }),
    ]);
    await expect(service.execute("default", sessionId, ECHO)).resolves.toMatchObject({
      exitCode: 0,
    });
    const frames = engine.containers.get(containerId)?.agent?.frames ?? [];
    const exec = frames.find(({ type }) => type === FrameType.EXEC);
    expect(exec?.payload.toString()).toContain("A=1");
    expect(service.health().pool.allocated).toBe(1);
    expect(logger.events()).toContain("session.adopt");
    expect(ledger.opens).toHaveLength(1);
    expect(ledger.ends).toEqual([]);
  });

  it("finds the warm sandboxes of its predecessor gone when that stopped, and reaps what is left", async () => {
    const { containerId } = await predecessor();
    const spec = engine.containers.get(containerId)!.spec;
    const left = await engine.create({ ...spec, labels: { ...spec.labels, "sandbox.id": "x" } });
    await makeService().start();
    expect(engine.containers.has(left)).toBe(false);
    expect(engine.containers.has(containerId)).toBe(true);
  });

  it("keeps what is secret to its user, and away from the container", async () => {
    await predecessor();
    const { state, sockets } = paths();
    const [file = "", ...more] = readdirSync(state);
    expect(more).toEqual([]);
    expect(lstatSync(state).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(state, file)).mode & 0o777).toBe(0o600);
    const [container] = engine.containers.values();
    const secret = container?.agent?.secret.toString("base64") ?? "";
    expect(readFileSync(join(state, file), "utf8")).toContain(secret);
    if (transport === "unix") expect(readdirSync(sockets)).toEqual([container?.spec.name]);
  });

  it("loses a session whose sandbox does not come back, and says so", async () => {
    const { sessionId, containerId } = await predecessor();
    const holdForever = engine.holdReturns();
    engine.kill(containerId);
    const service = makeService();
    const started = service.start();
    await timeIsUp(started);
    await expect(service.execute("default", sessionId, ECHO)).rejects.toMatchObject({
      code: "SESSION_LOST",
    });
    expect(ledger.ends).toEqual([`${sessionId}@1 lost`]);
    expect(readdirSync(paths().state)).toEqual([]);
    holdForever();
    await expect(service.getOrCreateSession("default", REQUEST)).resolves.toMatchObject({
      status: "created",
    });
  });

  it("removes the container of an agent that does not answer in time", async () => {
    const { containerId } = await predecessor();
    const name = engine.containers.get(containerId)?.spec.name;
    engine.holdReturns();
    const service = makeService();
    await timeIsUp(service.start());
    await service.stop({ keepSessions: true });
    expect(engine.containers.has(containerId)).toBe(false);
    if (transport === "unix") expect(readdirSync(paths().sockets)).not.toContain(name);
  });

  it("lets callers wait rather than telling them that there is no session", async () => {
    const { sessionId } = await predecessor();
    const letReturn = engine.holdReturns();
    const service = makeService();
    const early = service.getSession("default", sessionId);
    const started = service.start();
    const place = { sessionId, generation: 1, create: false };
    const calls = Promise.all([
      early,
      service.getOrCreateSession("default", REQUEST),
      service.openSession("default", REQUEST, place),
      service.findSession("default", "t"),
      service.execute("default", sessionId, ECHO),
      service.listSessions("default", {}).then(({ sessions }) => sessions[0]),
      service.retireSession(sessionId, 1, "expired"),
    ]);
    await settled();
    expect(service.health()).toMatchObject({ serving: false, activeSessions: 0 });
    letReturn();
    await started;
    const [got, existing, opened, found, result, listed, retired] = await calls;
    for (const info of [got, existing, opened, found, listed]) {
      expect(info?.sessionId).toBe(sessionId);
    }
    expect(existing.status).toBe("existing");
    expect(result.exitCode).toBe(0);
    expect(retired).toBe(false);
  });

  it("ends a session that its owner deletes while it comes back", async () => {
    const { sessionId, containerId } = await predecessor();
    const service = makeService();
    const ended = service.endSession("default", sessionId);
    await service.start();
    await ended;
    expect(engine.containers.has(containerId)).toBe(false);
    expect(readdirSync(paths().state)).toEqual([]);
    expect(ledger.ends).toEqual([`${sessionId}@1 closed`]);
  });

  it("does not believe what it cannot read: logs and removes it, reaps its container", async () => {
    const { containerId } = await predecessor();
    const { state } = paths();
    const [file = ""] = readdirSync(state);
    writeFileSync(join(state, file), "{");
    writeFileSync(join(state, "README"), "hello");
    const service = makeService();
    await service.start();
    expect(engine.containers.has(containerId)).toBe(false);
    expect(readdirSync(state)).toEqual([]);
    const unreadable = logger.lines.filter(({ event }) => event === "session.kept.unreadable");
    expect(unreadable.map(({ fields }) => fields["file"]).sort()).toEqual(["README", file].sort());
    await expect(service.getOrCreateSession("default", REQUEST)).resolves.toMatchObject({
      status: "created",
    });
  });

  it("removes everything when it is not told to keep sessions", async () => {
    const { sessionId, containerId } = await predecessor();
    const service = makeService({ keepsSessions: false });
    await service.start();
    expect(engine.containers.has(containerId)).toBe(false);
    expect(existsSync(paths().state)).toBe(false);
    await expect(service.getSession("default", sessionId)).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  it("stopped while agents come back: callers are turned away, and nothing is left", async () => {
    const { sessionId } = await predecessor();
    engine.holdReturns();
    const service = makeService();
    const started = service.start();
    const refused = expect(service.getSession("default", sessionId)).rejects.toMatchObject({
      code: "DRAINING",
    });
    await settled();
    const stopped = service.stop({ deadlineMs: 0 });
    await refused;
    await timeIsUp(Promise.all([started, stopped]));
    expect(engine.containers.size).toBe(0);
    expect(existsSync(paths().state)).toBe(false);
  });

  /** Lets time pass in steps, as long as it takes. */
  async function timeIsUp(waiting: Promise<unknown>): Promise<void> {
    const progress = { over: false };
    void waiting.finally(() => (progress.over = true));
    for (let step = 0; step < 1000 && !progress.over; step += 1) {
      await settled();
      clock.advance(1_000);
    }
    await waiting;
  }
});

describe("over a unix socket, while the engine does not answer", () => {
  function makeService(): SandboxService {
    const options = parseSandboxOptions({
      WORKER_ID: "unit",
      RUN_DIR: runDir,
      EXECD_TRANSPORT: "unix",
      POOL_SIZE: "0",
      MIN_POOL_SIZE: "0",
      COMMAND_POLICY: "off",
    });
    const service = createSandboxService(options, { engine, clock, logger, keepsSessions: true });
    services.push(service);
    return service;
  }

  let sessionId: string;

  beforeEach(async () => {
    const first = makeService();
    await first.start();
    ({ sessionId } = await first.getOrCreateSession("default", REQUEST));
    await first.stop({ keepSessions: true });
    engine.fallSilent();
  });

  it("sessions come back, and are not reaped when it does", async () => {
    const service = makeService();
    await service.start({ waitForEngine: true });
    expect(service.health().engineConnected).toBe(false);
    expect(service.engine()).toBeUndefined();
    await expect(service.execute("default", sessionId, ECHO)).resolves.toBeDefined();
    engine.comeBack();
    clock.advance(5_000);
    await settled();
    expect(service.health().engineConnected).toBe(true);
    expect(service.engine()).toEqual({ id: "fake-engine", memoryBytes: 8 * 1024 ** 3, cpus: 4 });
    expect(engine.containers.size).toBe(1);
    await expect(service.execute("default", sessionId, ECHO)).resolves.toBeDefined();
  });

  it("a start that may not wait leaves them to the next", async () => {
    await expect(makeService().start()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    engine.comeBack();
    const service = makeService();
    await service.start();
    await expect(service.execute("default", sessionId, ECHO)).resolves.toBeDefined();
  });
});
