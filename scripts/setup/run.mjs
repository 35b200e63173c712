import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { SetupFailure } from "./failure.mjs";
import { plain } from "./plain-text.mjs";

/** Lines of a failed command's output that are shown; the rest is in the log. npm names the cause first, docker and apt last. */
const HEAD_LINES = 6;
const TAIL_LINES = 15;

/** How long an interrupted command may take to stop by itself before it is killed. */
const STOP_GRACE_MS = 10_000;

/** Standard exit code of a shell for a command that does not exist; a missing program is reported with it. */
const NOT_FOUND = 127;

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [env] added to the environment
 * @property {string} [cwd] the checkout unless told
 * @property {number} [timeoutMs] the command is stopped when it runs for longer
 * @property {boolean} [aside] a question that these scripts ask: its output goes to the log, but is not shown as progress
 * @property {number} [firstOutputMs] the command is stopped when it has printed nothing until then
 *
 * @typedef {object} RunResult
 * @property {number} code exit code; 127 when there is no such program; 124 when it was stopped for a timeout
 * @property {string} stdout
 * @property {string} output stdout and stderr as they came, the text that a person would have seen
 *
 * @typedef {(command: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>} Run
 */

/**
 * Makes the two functions through which set-up starts every command. Both write the command and all its output to the log file.
 * An abort stops the running command, waits for it, and rejects with a SetupFailure of exit code 130.
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, logFile: string, signal: AbortSignal, onLine: (line: string) => void }} context
 *   `onLine` gets every line as it comes
 * @returns {{ run: Run, must: (what: string, command: string, args: readonly string[], options?: RunOptions & { advice?: string[] }) => Promise<RunResult> }}
 *   `run` resolves whatever the exit code; `must` rejects with a SetupFailure, "`what` failed" and the end of the output, unless it is 0
 */
export function createRunner(context) {
  /** @type {Run} */
  const run = async (command, args, options = {}) => {
    if (context.signal.aborted) throw interrupted();
    appendFileSync(context.logFile, `\n$ ${[command, ...args].join(" ")}\n`);
    const result = await runLogged(context, command, args, options);
    appendFileSync(context.logFile, `[exit code ${result.code}]\n`);
    if (context.signal.aborted) throw interrupted();
    return result;
  };
  return {
    run,
    async must(what, command, args, options = {}) {
      const result = await run(command, args, options);
      if (result.code === 0) return result;
      const reason = result.code === 124 ? "took too long" : `failed (exit code ${result.code})`;
      throw new SetupFailure(
        `${what} ${reason}:\n\n  $ ${[command, ...args].join(" ")}\n${excerpt(result.output)}`,
        [...(options.advice ?? []), `The whole output is in ${context.logFile}`],
      );
    },
  };
}

/**
 * The beginning and the end of an output, indented.
 * @param {string} output
 * @returns {string}
 */
function excerpt(output) {
  const all = output.trimEnd().split("\n");
  if (all.length <= HEAD_LINES + TAIL_LINES) return indent(all);
  return [indent(all.slice(0, HEAD_LINES)), "  …", indent(all.slice(-TAIL_LINES))].join("\n");
}

/**
 * The last lines of an output, indented.
 * @param {string} output
 * @param {number} lines
 * @returns {string}
 */
export function tail(output, lines) {
  return indent(output.trimEnd().split("\n").slice(-lines));
}

/** @param {readonly string[]} lines */
function indent(lines) {
  return lines.map((line) => `  ${plain(line).trimEnd()}`).join("\n");
}

function interrupted() {
  return new SetupFailure(
    "Interrupted. Nothing is half-done that running set-up again does not repair.",
    [],
    { exitCode: 130 },
  );
}

/**
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, logFile: string, signal: AbortSignal, onLine: (line: string) => void }} context
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<RunResult>}
 */
function runLogged(
  context,
  command,
  args,
  { env = {}, cwd = context.cwd, timeoutMs, firstOutputMs, aside = false },
) {
  return new Promise((resolve) => {
    let stdout = "";
    let output = "";
    let timedOut = false;
    // On Windows npm is a script, which only a shell can start; the arguments of these scripts hold nothing that a shell would expand.
    const shell = process.platform === "win32" && command === "npm";
    const child = spawn(command, args, {
      cwd,
      env: { ...context.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell,
    });

    const stop = () => {
      child.kill("SIGTERM");
      timers.push(setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS));
    };
    const giveUp = () => {
      timedOut = true;
      stop();
    };
    const silence = firstOutputMs === undefined ? undefined : setTimeout(giveUp, firstOutputMs);
    const timers = [silence, timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs)];
    context.signal.addEventListener("abort", stop);

    /** @param {string} text */
    const take = (text) => {
      clearTimeout(silence);
      output += text;
      appendFileSync(context.logFile, text);
      if (!aside) for (const line of text.split("\n")) context.onLine(line);
    };
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding("utf8").on("data", take);

    /** @param {number} code */
    const finish = (code) => {
      for (const timer of timers) clearTimeout(timer);
      context.signal.removeEventListener("abort", stop);
      resolve({ code: timedOut ? 124 : code, stdout, output });
    };
    child.once("error", (error) => {
      output += `${error.message}\n`;
      finish(NOT_FOUND);
    });
    child.once("close", (code) => finish(code ?? 1));
  });
}
