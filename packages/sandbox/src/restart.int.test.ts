import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { workerPaths } from "./ownership/run-dir.js";
import type { SandboxService } from "./sandbox-service.js";
import {
  containersOf,
  engine,
  makeService,
  openSession,
  TENANT,
  testEnvironment,
  useSession,
} from "./testing/real-service.js";
import { startServiceProcess } from "./testing/service-process.js";

// Containers start in 0.3 s, on a busy machine in several.
jest.setTimeout(60_000);

/** Leaves a file, and a process in the background that writes down that it lives. */
const PREPARE = `
  echo kept > file
  nohup sh -c 'while :; do echo tick >> ticks; sleep 0.05; done' > /dev/null 2>&1 &
  echo $! > background
`;
const FOREGROUND = "echo $$ > foreground; echo started; exec sleep 100";

/** One tick more than now, from the very process that was started before. */
const STILL_TICKING = `
  kill -0 $(cat background) || exit 1
  seen=$(wc -l < ticks)
  until [ $(wc -l < ticks) -gt $seen ]; do sleep 0.02; done
  echo ticking
`;
const FOREGROUND_GONE =
  "while kill -0 $(cat foreground) 2>/dev/null; do sleep 0.02; done; echo gone";

let runDir: string;

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "sbx-"));
});

afterEach(() => {
  rmSync(runDir, { recursive: true, force: true });
});

describe.each(["unix", "attach"])("a worker that restarts, over %s", (EXECD_TRANSPORT) => {
  let env: Record<string, string>;
  let successor: SandboxService;

  beforeEach(() => {
    env = testEnvironment({ EXECD_TRANSPORT, RUN_DIR: runDir });
    successor = makeService(env, { keepsSessions: true });
  });

  afterEach(async () => {
    await successor.stop();
    expect(await containersOf(successor)).toEqual([]);
    const { sockets, state } = workerPaths(runDir, successor.workerId);
    expect([sockets, state].some((path) => existsSync(path))).toBe(false);
  });

  it("killed: files and background processes are intact, what ran in the foreground is gone", async () => {
    const killed = await startServiceProcess(env, { prepare: PREPARE, foreground: FOREGROUND });
    const before = await containersOf(successor);
    await killed.kill();
    await successor.start();
    const { out, run } = useSession(successor, killed.sessionId);
    expect(await out("cat file")).toBe("kept");
    expect(await out(STILL_TICKING)).toBe("ticking");
    expect(await out(FOREGROUND_GONE)).toBe("gone");
    const again = await successor.getOrCreateSession(TENANT, { userId: "u", threadId: "t" });
    expect(again).toMatchObject({ sessionId: killed.sessionId, status: "existing" });
    expect(successor.ownedSessions()).toMatchObject([{ threadId: "t", generation: 1 }]);
    // What ran at the kill does not come out in the next result.
    expect((await run("echo next")).stdout).toBe("next\n");
    // Of the predecessor's containers, the session's alone is left.
    const after = await containersOf(successor);
    expect(before.filter((id) => after.includes(id))).toHaveLength(1);
  });

  it("stopped and told to keep its sessions: the next one goes on, twice", async () => {
    const first = makeService(env, { keepsSessions: true });
    await first.start();
    const { sessionId, run } = await openSession(first, "t");
    await run(PREPARE);
    await first.stop({ keepSessions: true });
    expect(await containersOf(first)).toHaveLength(1);
    expect(readdirSync(workerPaths(runDir, first.workerId).state)).toHaveLength(1);
    const second = makeService(env, { keepsSessions: true });
    await second.start();
    expect(await useSession(second, sessionId).out(STILL_TICKING)).toBe("ticking");
    await second.stop({ keepSessions: true });
    await successor.start();
    const { out } = useSession(successor, sessionId);
    expect(await out("cat file")).toBe("kept");
    expect(await out(STILL_TICKING)).toBe("ticking");
  });

  it("a session whose container died meanwhile is lost, and said to be", async () => {
    const first = makeService({ ...env, POOL_SIZE: "0" }, { keepsSessions: true });
    await first.start();
    const { sessionId } = await openSession(first, "t");
    await first.stop({ keepSessions: true });
    for (const id of await containersOf(first)) await engine.remove(id);
    await successor.start();
    const { run } = useSession(successor, sessionId);
    await expect(run("echo")).rejects.toMatchObject({ code: "SESSION_LOST" });
    expect(successor.ownedSessions()).toEqual([]);
  });
});
