import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { clearRunDir, clearSockets, workerPaths } from "./run-dir.js";
import { lockWorkerId } from "./worker-lock.js";

const DAY_MS = 24 * 60 * 60 * 1000;

let runDir: string;

beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "lock-"));
});

afterEach(() => {
  rmSync(runDir, { recursive: true });
});

/** Another process that listens on the lock's socket until it is killed without a chance to tidy up. */
async function holdElsewhere(path: string): Promise<() => Promise<void>> {
  const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("held"))`;
  const holder = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  return async () => {
    const gone = once(holder, "exit");
    holder.kill("SIGKILL");
    await gone;
  };
}

describe("lockWorkerId", () => {
  it("is held once; free again when released, or when its holder was killed", async () => {
    const { lock } = workerPaths(runDir, "w");
    const held = await lockWorkerId(lock, "w");
    await expect(lockWorkerId(lock, "w")).rejects.toThrow("WORKER_ID=w");
    await held.release();
    const kill = await holdElsewhere(lock);
    await expect(lockWorkerId(lock, "w")).rejects.toThrow("WORKER_ID=w");
    await kill();
    expect(existsSync(lock)).toBe(true);
    await (await lockWorkerId(lock, "w")).release();
  });
});

describe("clearRunDir", () => {
  it("removes what dead workers left, and nothing of a living one", async () => {
    const dead = workerPaths(runDir, "dead");
    const alive = workerPaths(runDir, "alive");
    for (const { sockets } of [dead, alive]) mkdirSync(join(sockets, "sbx_1"), { recursive: true });
    const kill = await holdElsewhere(dead.lock);
    const held = await lockWorkerId(alive.lock, "alive");
    await kill();
    await clearRunDir(runDir, Date.now());
    expect([dead.lock, dead.sockets].some((path) => existsSync(path))).toBe(false);
    expect([alive.lock, alive.sockets].every((path) => existsSync(path))).toBe(true);
    await held.release();
  });

  it("leaves what a worker that keeps its sessions may come back for, for two days", async () => {
    const dead = workerPaths(runDir, "dead");
    const kill = await holdElsewhere(dead.lock);
    await kill();
    const all = [dead.sockets, dead.state];
    for (const path of all) mkdirSync(path);
    writeFileSync(dead.journal, "a call\n");
    all.push(dead.journal);
    const seen = new Date(Date.UTC(2026, 0, 1));
    utimesSync(dead.state, seen, seen);
    await clearRunDir(runDir, seen.getTime() + 2 * DAY_MS - 1);
    expect(all.every((path) => existsSync(path))).toBe(true);
    await clearRunDir(runDir, seen.getTime() + 2 * DAY_MS);
    expect(all.some((path) => existsSync(path))).toBe(false);
    expect(existsSync(dead.lock)).toBe(false);
  });

  it("removes the state of one that stopped in order and never came back; a living one's stays", async () => {
    const [gone, alive] = [workerPaths(runDir, "gone"), workerPaths(runDir, "alive")];
    const held = await lockWorkerId(alive.lock, "alive");
    for (const { state } of [gone, alive]) mkdirSync(state);
    await clearRunDir(runDir, Date.now() + 3 * DAY_MS);
    expect(existsSync(gone.state)).toBe(false);
    expect(existsSync(alive.state)).toBe(true);
    await held.release();
  });
});

describe("clearSockets", () => {
  it("removes the directories of sandboxes that nobody owns, and no other", async () => {
    const { sockets } = workerPaths(runDir, "w");
    for (const id of ["sbx_1", "sbx_2"]) mkdirSync(join(sockets, id), { recursive: true });
    await clearSockets(sockets, new Set(["sbx_2"]));
    expect(readdirSync(sockets)).toEqual(["sbx_2"]);
    await clearSockets(join(runDir, "none"), new Set());
  });
});
