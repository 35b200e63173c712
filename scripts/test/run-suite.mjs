import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Runs a program whose output a person sees.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {{ stdoutToNothing?: boolean }} [options] `stdoutToNothing`: only what it writes to standard error is shown
 * @returns {Promise<number>} its exit code; 1 when a signal ended it or it could not be started
 */
export function runVisibly(program, args, env, { stdoutToNothing = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env,
      stdio: ["ignore", stdoutToNothing ? "ignore" : "inherit", "inherit"],
    });
    child.on("error", (error) => {
      console.error(`${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Runs a program and counts tests from its output, line by line.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string, counts: import("./suites.mjs").Counts) => string | undefined} onLine counts what the line tells; gives what is to be shown
 * @returns {Promise<import("./suites.mjs").Counts>} at least one failure when the program failed
 */
export async function runCounting(program, args, env, onLine) {
  const counts = { passed: 0, failed: 0 };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on("close", resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const shown = onLine(line, counts);
    if (shown !== undefined) console.log(shown);
  }
  if ((await closed) !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}
