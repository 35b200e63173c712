import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { withLock } from "./lock.mjs";

/** @type {string} */
let folder;
/** @type {string} */
let file;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "setup-lock-"));
  file = path.join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("nothing is left behind, whether the work succeeds or fails", async () => {
  assert.equal(await withLock(file, {}, async () => 7), 7);
  await assert.rejects(
    withLock(file, {}, async () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("the second waits, is told for whom, and runs after the first", async () => {
  const order = /** @type {string[]} */ ([]);
  let finishFirst = () => {};
  const firstMayFinish = new Promise((resolve) => (finishFirst = () => resolve(undefined)));
  let first = Promise.resolve();
  await new Promise((begun) => {
    first = withLock(file, {}, async () => {
      order.push("first begins");
      begun(undefined);
      await firstMayFinish;
      order.push("first ends");
    });
  });
  const second = withLock(
    file,
    { onWait: (holder) => (order.push(`second waits for ${holder.pid}`), finishFirst()) },
    async () => {
      order.push("second begins");
    },
  );
  await Promise.all([first, second]);
  assert.deepEqual(order, [
    "first begins",
    `second waits for ${process.pid}`,
    "first ends",
    "second begins",
  ]);
});

test("the lock of a process that died is taken over", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  writeFileSync(
    file,
    JSON.stringify({ id: "old", pid: dead, startedAt: "1", host: os.hostname() }),
  );
  assert.equal(
    await withLock(
      file,
      { onWait: () => assert.fail("waited for a dead process") },
      async () => "ran",
    ),
    "ran",
  );
  assert.deepEqual(readdirSync(folder), []);
});

test(
  "a reused pid is not mistaken for the holder",
  { skip: !existsSync("/proc/self/stat") && "needs /proc" },
  async () => {
    writeFileSync(
      file,
      JSON.stringify({ id: "old", pid: process.pid, startedAt: "1", host: os.hostname() }),
    );
    assert.equal(
      await withLock(
        file,
        { onWait: () => assert.fail("waited for a stranger") },
        async () => "ran",
      ),
      "ran",
    );
  },
);

test("a holder on another machine is waited for: its pid says nothing here", async () => {
  writeFileSync(
    file,
    JSON.stringify({ id: "far", pid: 1, startedAt: "", host: "elsewhere.invalid" }),
  );
  const interrupted = new AbortController();
  await assert.rejects(
    withLock(
      file,
      { onWait: () => interrupted.abort(), signal: interrupted.signal },
      async () => "ran",
    ),
    { name: "SetupFailure", exitCode: 130 },
  );
  assert.equal(JSON.parse(readFileSync(file, "utf8")).id, "far");
});

test("many processes that find one dead holder never work at the same time", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  writeFileSync(
    file,
    JSON.stringify({ id: "old", pid: dead, startedAt: "1", host: os.hostname() }),
  );
  // Each adds one to a counter by reading it, yielding, and writing it: two at once would lose a count.
  const counter = path.join(folder, "counter");
  writeFileSync(counter, "0");
  const program = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { setImmediate as yieldOnce } from "node:timers/promises";
    const { withLock } = await import(${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)});
    const [file, counter] = process.argv.slice(1);
    await withLock(file, {}, async () => {
      const before = Number(readFileSync(counter, "utf8"));
      await yieldOnce();
      writeFileSync(counter, String(before + 1));
    });`;
  const exits = Array.from({ length: 6 }, () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, file, counter], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    return new Promise((resolve) => child.once("exit", resolve));
  });
  assert.deepEqual(await Promise.all(exits), [0, 0, 0, 0, 0, 0]);
  assert.equal(readFileSync(counter, "utf8"), "6");
});
