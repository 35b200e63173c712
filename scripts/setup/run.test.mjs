import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { createRunner } from "./run.mjs";

/** @type {string} */
let folder;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), "setup-run-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @param {{ signal?: AbortSignal, onLine?: (line: string) => void }} [given] */
function runner(given = {}) {
  const logFile = path.join(folder, "log");
  const context = {
    cwd: folder,
    env: process.env,
    logFile,
    signal: new AbortController().signal,
    onLine: () => {},
    ...given,
  };
  return { logFile, ...createRunner(context) };
}

/** @param {string} program */
const node = (program) => /** @type {const} */ ([process.execPath, ["-e", program]]);

test("a command's output is returned, logged and passed on line by line", async () => {
  const lines = /** @type {string[]} */ ([]);
  const { run, logFile } = runner({ onLine: (line) => lines.push(line) });
  const result = await run(...node("console.log('out'); console.error('err')"), {
    env: { ADDED: "1" },
  });
  assert.equal(result.code, 0);
  assert.equal(result.stdout, "out\n");
  assert.ok(result.output.includes("out") && result.output.includes("err"));
  assert.ok(lines.includes("out") && lines.includes("err"));
  assert.match(readFileSync(logFile, "utf8"), /\$ .*-e[\s\S]*out[\s\S]*\[exit code 0\]/);
});

test("a question asked aside is logged but not shown", async () => {
  const { run, logFile } = runner({ onLine: (line) => assert.fail(line) });
  assert.equal((await run(...node("console.log('answer')"), { aside: true })).stdout, "answer\n");
  assert.match(readFileSync(logFile, "utf8"), /^answer$/m);
});

test("a program that does not exist is exit code 127, not an exception", async () => {
  const { run } = runner();
  assert.equal((await run("no-such-program-anywhere", [])).code, 127);
});

test("a command that must succeed fails with both ends of its output, its advice and the place of the log", async () => {
  const { must, logFile } = runner();
  const many = node("for (let i = 0; i < 100; i++) console.log('line ' + i); process.exit(3)");
  await assert.rejects(must("Counting", ...many, { advice: ["Count less."] }), (error) => {
    assert.ok(error instanceof Error && "advice" in error && Array.isArray(error.advice));
    assert.match(error.message, /^Counting failed \(exit code 3\)/);
    assert.ok(
      error.message.includes("line 0") &&
        error.message.includes("line 99") &&
        !error.message.includes("line 50"),
    );
    assert.deepEqual(error.advice, ["Count less.", `The whole output is in ${logFile}`]);
    return true;
  });
});

test("a command that stays silent is stopped, one that speaks is not", async () => {
  const { run } = runner();
  assert.equal(
    (await run(...node("setInterval(() => {}, 1000)"), { firstOutputMs: 100 })).code,
    124,
  );
  assert.equal(
    (await run(...node("console.log('here'); process.exitCode = 5"), { firstOutputMs: 30_000 }))
      .code,
    5,
  );
});

test("an abort stops the running command and is reported as an interruption", async () => {
  const interrupt = new AbortController();
  const { run } = runner({
    signal: interrupt.signal,
    onLine: (line) => line === "started" && interrupt.abort(),
  });
  const endless = run(...node("console.log('started'); setInterval(() => {}, 1000)"));
  await assert.rejects(endless, { name: "SetupFailure", exitCode: 130 });
  await assert.rejects(run(process.execPath, ["-e", ""]), { name: "SetupFailure", exitCode: 130 });
});
