import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
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

const REQUEST = { userId: "u", threadId: "t" };
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

describe("a service that is stopped and told to keep its sessions", () => {
  function makeService(keepsSessions: boolean): SandboxService {
    const options = parseSandboxOptions({
      WORKER_ID: "unit",
      RUN_DIR: runDir,
      EXECD_TRANSPORT: "attach",
      POOL_SIZE: "2",
      MIN_POOL_SIZE: "0",
      COMMAND_POLICY: "off",
    });
    const service = createSandboxService(options, { engine, clock, logger, ledger, keepsSessions });
    services.push(service);
    return service;
  }

  it("lets commands finish, refuses new ones, says goodbye to nobody", async () => {
    let finish!: () => void;
    let running!: () => void;
    const executing = new Promise<void>((resolve) => {
      running = resolve;
    });
    engine.onAgent = (agent) => {
      agent.onFrame = ({ type, stream }) => {
        if (type !== FrameType.EXEC) return;
        finish = () => {
          agent.exit(stream);
        };
        running();
      };
    };
    const service = makeService(true);
    await service.start();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    const result = service.execute("default", sessionId, ECHO);
    await executing;
    const stopped = service.stop({ keepSessions: true });
    const draining = { code: "DRAINING" };
    await expect(service.execute("default", sessionId, ECHO)).rejects.toMatchObject(draining);
    await expect(
      service.getOrCreateSession("default", { ...REQUEST, threadId: "new" }),
    ).rejects.toMatchObject(draining);
    finish();
    await expect(result).resolves.toMatchObject({ exitCode: 0 });
    await stopped;
    await expect(service.execute("default", sessionId, ECHO)).rejects.toMatchObject(draining);
    await expect(service.endSession("default", sessionId)).rejects.toMatchObject(draining);
    const [container, ...others] = engine.containers.values();
    expect(others).toEqual([]);
    const said = container?.agent?.frames.map(({ type }) => type);
    expect(said).not.toContain(FrameType.SHUTDOWN);
    expect(logger.events()).not.toContain("session.end");
    expect(ledger.ends).toEqual([]);
  });

  it("interrupts what is not done by the deadline", async () => {
    let running!: () => void;
    const executing = new Promise<void>((resolve) => {
      running = resolve;
    });
    engine.onAgent = (agent) => {
      agent.onFrame = ({ type }) => {
        if (type === FrameType.EXEC) running();
      };
    };
    const service = makeService(true);
    await service.start();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    const interrupted = expect(service.execute("default", sessionId, ECHO)).rejects.toMatchObject({
      code: "OPERATION_INTERRUPTED",
    });
    await executing;
    const stopped = service.stop({ deadlineMs: 1_000, keepSessions: true });
    clock.advance(1_000);
    await interrupted;
    await stopped;
    expect(engine.containers.size).toBe(1);
  });

  it("removes everything when it was not made to keep sessions", async () => {
    const service = makeService(false);
    await service.start();
    await service.getOrCreateSession("default", REQUEST);
    await service.stop({ keepSessions: true });
    expect(engine.containers.size).toBe(0);
    expect(ledger.ends).toHaveLength(1);
  });

  it("leaves nothing behind when it is stopped for good", async () => {
    const service = makeService(true);
    await service.start();
    await service.getOrCreateSession("default", REQUEST);
    expect(readdirSync(workerPaths(runDir, "unit").state)).toHaveLength(1);
    await service.stop();
    expect(engine.containers.size).toBe(0);
    expect(existsSync(workerPaths(runDir, "unit").state)).toBe(false);
  });

  it("a session that cannot be written down is served all the same", async () => {
    const service = makeService(true);
    await service.start();
    rmSync(workerPaths(runDir, "unit").state, { recursive: true });
    await expect(service.getOrCreateSession("default", REQUEST)).resolves.toMatchObject({
      status: "created",
    });
    expect(logger.events()).toContain("session.keep");
  });
});
