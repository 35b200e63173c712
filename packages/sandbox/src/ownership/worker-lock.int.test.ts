import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { clearRunDir, workerPaths } from "./run-dir.js";
import { lockWorkerId } from "./worker-lock.js";

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
    await clearRunDir(runDir);
    expect([dead.lock, dead.sockets].some((path) => existsSync(path))).toBe(false);
    expect([alive.lock, alive.sockets].every((path) => existsSync(path))).toBe(true);
    await held.release();
  });
});
