#!/usr/bin/env node
/**
 * `npm start`: sets the checkout up if need be, then runs a worker in the foreground. The arguments are the worker's (`--help`); signals are
 * passed on to it, and its exit code is this script's.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { describeFailure, runSetup } from "./setup.mjs";
import { PROJECT_ROOT } from "./setup/paths.mjs";

const WORKER = path.join(PROJECT_ROOT, "packages", "worker", "dist", "main.js");

/** Signals that end a process, with their numbers: shells count a process that one of them ended as 128 + n. */
const SIGNALS = /** @type {const} */ ({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 });

/**
 * @param {readonly string[]} argv the worker's arguments
 * @returns {Promise<number>} exit code
 */
async function main(argv) {
  const interrupt = new AbortController();
  /** @type {(signal: NodeJS.Signals) => void} */
  let onSignal = () => interrupt.abort();
  for (const signal of Object.keys(SIGNALS))
    process.on(signal, () => onSignal(/** @type {NodeJS.Signals} */ (signal)));
  try {
    const { env } = await runSetup({ signal: interrupt.signal });
    const worker = spawn(process.execPath, [WORKER, ...argv], {
      // The environment of the user wins over what set-up found out.
      env: { ...env, ...process.env },
      stdio: "inherit",
      // A group of its own: Ctrl-C reaches it once, through this script, and not twice, which would mean "at once".
      detached: true,
    });
    onSignal = (signal) => worker.kill(signal);
    return await exitCodeOf(worker);
  } catch (error) {
    process.stderr.write(`\n${describeFailure(error)}\n`);
    return 1;
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number>}
 */
function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (SIGNALS[/** @type {keyof typeof SIGNALS} */ (signal)] ?? 9));
    });
  });
}

process.exitCode = await main(process.argv.slice(2));
