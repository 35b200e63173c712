import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { createSandboxService } from "./create-sandbox-service.js";
import { FrameType } from "./execd/protocol/frame-type.js";
import type { SandboxService } from "./sandbox-service.js";
import { parseSandboxOptions } from "./settings/parse-sandbox-options.js";
import type { FakeAgent } from "./testing/fake-agent.js";
import { FakeEngine } from "./testing/fake-engine.js";
import { settled } from "./testing/settled.js";

const REQUEST = { userId: "u", threadId: "t" };

let runDir: string;
let engine: FakeEngine;
let clock: FakeClock;
let logger: RecordingLogger;
const services: SandboxService[] = [];

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "sbx-"));
  engine = new FakeEngine();
  clock = new FakeClock();
  logger = new RecordingLogger();
});

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop({ deadlineMs: 0 })));
  rmSync(runDir, { recursive: true, force: true });
});

function makeService(env: Record<string, string> = {}): SandboxService {
  const options = parseSandboxOptions({
    WORKER_ID: "unit",
    RUN_DIR: runDir,
    // In memory, so that nothing here waits for the machine.
    EXECD_TRANSPORT: "attach",
    POOL_SIZE: "1",
    MIN_POOL_SIZE: "0",
    MAX_POOL_SIZE: "3",
    ...env,
  });
  const service = createSandboxService(options, { engine, clock, logger });
  services.push(service);
  return service;
}

async function started(env: Record<string, string> = {}): Promise<SandboxService> {
  const service = makeService(env);
  await service.start();
  return service;
}

/** Agents answer every command through `script`. */
function onExec(script: (agent: FakeAgent, stream: number) => void): void {
  engine.onAgent = (agent) => {
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) script(agent, stream);
    };
  };
}

describe("LocalSandboxService", () => {
  it("runs a command and gives its result", async () => {
    onExec((agent, stream) => {
      agent.stdout(stream, "hi\n");
      agent.stderr(stream, "warn\n");
      agent.exit(stream, { exitCode: 3, durationUs: 2600 });
    });
    const service = await started();
    const { sessionId, status } = await service.getOrCreateSession("default", REQUEST);
    expect(status).toBe("created");
    expect(await service.execute("default", sessionId, { command: "echo hi" })).toEqual({
      exitCode: 3,
      stdout: "hi\n",
      stderr: "warn\n",
      executionTimeMs: 3,
      timedOut: false,
      oomKilled: false,
      stdoutTruncated: false,
      stderrTruncated: false,
    });
  });

  it("rejects a command by its policy, and says by which rule", async () => {
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    await expect(
      service.execute("default", sessionId, { command: "rm -rf /" }),
    ).rejects.toMatchObject({
      code: "COMMAND_REJECTED",
      message: expect.stringContaining('"rm"'),
      details: { command: expect.stringContaining("rm"), rule: expect.any(String) },
    });
  });

  it.each(["BASH_ENV", "LD_PRELOAD", "PATH", "BASH_FUNC_ls%%"])(
    "rejects %s in the environment of a command or a session: it carries commands past the policy",
    async (name) => {
      const service = await started();
      const rejection = { code: "COMMAND_REJECTED", details: { rule: "assignment-not-allowed" } };
      await expect(
        service.getOrCreateSession("default", { ...REQUEST, env: { [name]: "x" } }),
      ).rejects.toMatchObject(rejection);
      const { sessionId } = await service.getOrCreateSession("default", REQUEST);
      await expect(
        service.execute("default", sessionId, { command: "ls", env: { [name]: "x" } }),
      ).rejects.toMatchObject(rejection);
    },
  );

  it.each([
    [8, "WORKSPACE_SIZE_EXCEEDED", "Workspace size exceeds maximum"],
    [16, "FILE_COUNT_EXCEEDED", "File count exceeds maximum"],
  ])("a command killed for flag %i fails with %s", async (flags, code, wording) => {
    onExec((agent, stream) => {
      agent.stdout(stream, "so far");
      agent.exit(stream, { exitCode: 137, signal: 9, flags });
    });
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    await expect(service.execute("default", sessionId, { command: "echo" })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(wording),
      details: { exit_code: 137, stdout: "so far" },
    });
  });

  it("a container that dies under a command: the command's fate is unknown, the session lost", async () => {
    onExec(() => {
      for (const { id, spec } of engine.containers.values()) {
        if (spec.name === claimedName()) engine.kill(id);
      }
    });
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    await expect(service.execute("default", sessionId, { command: "echo" })).rejects.toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });
    await expect(service.execute("default", sessionId, { command: "echo" })).rejects.toMatchObject({
      code: "SESSION_LOST",
    });
  });

  it("a command that its agent never ends costs the sandbox, not the caller's patience", async () => {
    let running!: () => void;
    const executing = new Promise<void>((resolve) => {
      running = resolve;
    });
    onExec(() => {
      running();
    });
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    const result = service.execute("default", sessionId, { command: "echo", timeoutMs: 1000 });
    await executing;
    clock.advance(16_000);
    await expect(result).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED" });
  });

  it("an aborted command is killed and rejects", async () => {
    engine.onAgent = (agent) => {
      agent.onFrame = ({ type, stream }) => {
        if (type === FrameType.CANCEL) agent.exit(stream, { flags: 4 });
      };
    };
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    const abort = new AbortController();
    const result = service.execute(
      "default",
      sessionId,
      { command: "sleep 9" },
      { signal: abort.signal },
    );
    abort.abort();
    await expect(result).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  });

  it("sweeps expired sessions on its interval", async () => {
    const service = await started({
      SESSION_TIMEOUT_MINUTES: "1",
      CLEANUP_INTERVAL_SECONDS: "300",
    });
    await service.getOrCreateSession("default", REQUEST);
    await passTimeUntil(() => logger.events().includes("session.sweep"));
    expect(service.health()).toMatchObject({ activeSessions: 0, pool: { allocated: 0 } });
  });

  it("removes at start what an earlier boot of the same worker left, and nothing else", async () => {
    const first = await started({ POOL_SIZE: "2" });
    await settled();
    const dead = [...engine.containers.keys()];
    expect(dead).toHaveLength(2);
    const other = makeService({ WORKER_ID: "other" });
    await other.start();
    await settled();
    const others = [...engine.containers.keys()].filter((id) => !dead.includes(id));
    // The first one dies without a chance to clean up: only its lock goes, as the kernel would let it.
    rmSync(runDir, { recursive: true });
    services.splice(services.indexOf(first), 1);
    const reborn = makeService();
    await reborn.start();
    expect(dead.some((id) => engine.containers.has(id))).toBe(false);
    expect(others.every((id) => engine.containers.has(id))).toBe(true);
  });

  it("refuses a name that a running process holds", async () => {
    await started();
    const second = makeService();
    await expect(second.start()).rejects.toThrow("WORKER_ID=unit");
  });

  it("without an engine: start says so", async () => {
    engine.goAway();
    const service = makeService();
    await expect(service.start()).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("Is Docker running?"),
    });
  });

  it("waitForEngine: serves as soon as the engine is there", async () => {
    engine.goAway();
    const service = makeService();
    await service.start({ waitForEngine: true });
    expect(service.health()).toMatchObject({ serving: false, engineConnected: false });
    expect(service.health().warnings.join()).toContain("does not answer");
    await expect(service.getOrCreateSession("default", REQUEST)).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
    });
    engine.comeBack();
    clock.advance(5_000);
    await settled();
    expect(service.health()).toMatchObject({ serving: true, engineConnected: true });
    await expect(service.getOrCreateSession("default", REQUEST)).resolves.toMatchObject({
      status: "created",
    });
  });

  it("an engine that goes away and comes back: sessions are lost and said to be, new ones are made", async () => {
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    await settled();
    engine.goAway();
    await settled();
    expect(service.health().engineConnected).toBe(false);
    await expect(service.execute("default", sessionId, { command: "echo" })).rejects.toMatchObject({
      code: "SESSION_LOST",
    });
    engine.comeBack();
    clock.advance(5_000);
    await settled();
    await expect(service.getOrCreateSession("default", REQUEST)).resolves.toMatchObject({
      status: "created",
    });
  });

  it("falls back to attach where containers do not see the host's files, and stays there", async () => {
    engine.sharesFiles = false;
    const service = await started({ EXECD_TRANSPORT: "auto" });
    await passTimeUntil(() => service.health().pool.available === 1);
    await service.getOrCreateSession("default", REQUEST);
    await passTimeUntil(() => service.health().pool.available === 1);
    const entrypoints = [...engine.containers.values()].map(({ spec }) => spec.entrypoint[1]);
    expect(new Set(entrypoints)).toEqual(new Set(["--transport=attach"]));
  });

  it("uses attach at once with gVisor", async () => {
    engine.engineFacts = { ...engine.engineFacts, runtimes: ["runc", "runsc"] };
    await started({ EXECD_TRANSPORT: "auto", CONTAINER_RUNTIME: "runsc" });
    await settled();
    const [container] = engine.containers.values();
    expect(container?.spec).toMatchObject({ runtime: "runsc", socketMount: undefined });
  });

  it("says what an engine cannot do", async () => {
    engine.engineFacts = { ...engine.engineFacts, seccomp: false };
    const service = await started({ CONTAINER_RUNTIME: "kata" });
    expect(service.health().warnings.join(" ")).toMatch(/no seccomp.*no runtime "kata"/s);
  });

  it("says how to get an image that is missing", async () => {
    engine.images.clear();
    const service = await started({ CONTAINER_IMAGE: "python:3.12-slim" });
    await settled();
    await expect(service.getOrCreateSession("default", REQUEST)).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("docker pull python:3.12-slim"),
    });
  });

  it("stop: running commands finish, then nothing is left", async () => {
    let finish!: () => void;
    let running!: () => void;
    const executing = new Promise<void>((resolve) => {
      running = resolve;
    });
    onExec((agent, stream) => {
      finish = () => {
        agent.exit(stream, { exitCode: 0 });
      };
      running();
    });
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    const result = service.execute("default", sessionId, { command: "echo" });
    await executing;
    const stopped = service.stop({ deadlineMs: 10_000 });
    await expect(
      service.getOrCreateSession("default", { ...REQUEST, threadId: "new" }),
    ).rejects.toMatchObject({ code: "DRAINING" });
    expect(engine.containers.size).toBeGreaterThan(0);
    finish();
    await expect(result).resolves.toMatchObject({ exitCode: 0 });
    await stopped;
    expect(engine.containers.size).toBe(0);
    const ends = logger.lines.filter(({ event }) => event === "session.end");
    expect(ends.map(({ fields }) => fields["outcome"])).toEqual(["closed"]);
  });

  it("stop: a command past the deadline is interrupted, and told so", async () => {
    let running!: () => void;
    const executing = new Promise<void>((resolve) => {
      running = resolve;
    });
    onExec(() => {
      running();
    });
    const service = await started();
    const { sessionId } = await service.getOrCreateSession("default", REQUEST);
    const result = service.execute("default", sessionId, { command: "sleep 99" });
    await executing;
    const stopped = service.stop({ deadlineMs: 1_000 });
    clock.advance(1_000);
    await expect(result).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED" });
    await stopped;
  });

  /** Lets time pass in steps that agents can keep up with, until something has come about. */
  async function passTimeUntil(condition: () => boolean): Promise<void> {
    for (let step = 0; step < 1000 && !condition(); step += 1) {
      await settled();
      clock.advance(1_000);
    }
    expect(condition()).toBe(true);
  }

  /** Name of the container that serves the only session. */
  function claimedName(): string | undefined {
    const line = logger.lines.find(({ event }) => event === "session.create");
    return line?.fields["sandboxId"] as string | undefined;
  }
});
