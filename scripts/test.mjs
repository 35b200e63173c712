#!/usr/bin/env node
/**
 * All tests: `npm test`, or `node scripts/test.mjs --help`. Sets up first, runs every suite even when one before it fails, and ends with
 * a line `N passed, N failed`.
 */
import { describeFailure, runSetup } from "./setup.mjs";
import { DEFAULT_STEP_NAMES } from "./setup/options.mjs";
import { PROJECT_ROOT } from "./setup/paths.mjs";
import { SUITES } from "./test/suites.mjs";

const HELP = `Usage: npm test [-- --only=SUITE,…]

Sets up what is missing, then runs:
${SUITES.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

  --only=A,B   only these suites
  --help       this text`;

/** @param {readonly string[]} argv */
function selectedSuites(argv) {
  const only = argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
  const unknown = argv.filter((argument) => !argument.startsWith("--only="));
  const names = only?.split(",") ?? SUITES.map(({ name }) => name);
  unknown.push(...names.filter((name) => !SUITES.some((suite) => suite.name === name)));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(" ")}\n\n${HELP}`);
  return SUITES.filter(({ name }) => names.includes(name));
}

/** @param {readonly string[]} argv */
async function main(argv) {
  if (argv.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  const suites = selectedSuites(argv);
  const { env } = await runSetup({ only: [...DEFAULT_STEP_NAMES, "redis"] });
  const rows = [];
  for (const suite of suites) {
    console.log(`\n── ${suite.name}: ${suite.title}\n`);
    const startedMs = performance.now();
    const counts = await suite.run({
      ...process.env,
      ...env,
      SANDBOX_TEST_REDIS_IMAGE: env["REDIS_IMAGE"],
    });
    rows.push({
      suite: suite.name,
      ...counts,
      seconds: Math.round((performance.now() - startedMs) / 1000),
    });
  }
  console.log("");
  console.table(Object.fromEntries(rows.map(({ suite, ...row }) => [suite, row])));
  const sum = (/** @type {"passed" | "failed"} */ key) =>
    rows.reduce((total, row) => total + row[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") === 0 ? 0 : 1;
}

process.chdir(PROJECT_ROOT);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`\n${describeFailure(error)}`);
  process.exitCode = 1;
}
