#!/usr/bin/env node
/**
 * Set-up of a checkout: `npm run setup`, or `node scripts/setup.mjs --help`. Needs Node.js and nothing else; see docs/SETUP.md.
 * Other scripts import `runSetup` from here.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SetupFailure, describeFailure } from "./setup/failure.mjs";
import { DEFAULT_STEP_NAMES, HELP, parseOptions } from "./setup/options.mjs";
import { runSetup } from "./setup/run-setup.mjs";

export { SetupFailure, describeFailure, runSetup };

/** Exit codes of a process that a signal ended, as shells count them. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * @param {readonly string[]} argv
 * @returns {Promise<number>} exit code
 */
async function main(argv) {
  const interrupt = new AbortController();
  let interruptedWith = 0;
  for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.on(signal, () => {
      interruptedWith = code;
      interrupt.abort();
    });
  }
  try {
    const options = parseOptions(argv);
    if (options.help) {
      process.stdout.write(`${HELP}\n`);
      return 0;
    }
    const { env } = await runSetup({ ...options, signal: interrupt.signal });
    if (!options.quiet) process.stdout.write(closingWords(options, env));
    return 0;
  } catch (error) {
    process.stderr.write(`\n${describeFailure(error)}\n`);
    return interruptedWith || (error instanceof SetupFailure ? error.exitCode : 1);
  }
}

/**
 * @param {import("./setup/options.mjs").SetupOptions} options
 * @param {Record<string, string>} env what `runSetup` gave
 */
function closingWords({ check, only }, { DOCKER_HOST: endpoint }) {
  const hint =
    endpoint === undefined || endpoint === process.env["DOCKER_HOST"]
      ? ""
      : `The engine is that of a docker context; for programs started by hand:\n  export DOCKER_HOST=${endpoint}\n`;
  const complete = DEFAULT_STEP_NAMES.every((name) => only.includes(name))
    ? "Ready. Next: npm run demo"
    : "Done.";
  return `\n${check ? "Nothing is missing." : complete}\n${hint}`;
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  process.exitCode = await main(process.argv.slice(2));
}
