#!/usr/bin/env node
/**
 * Everything that needs no engine: `npm run check`. Types, lint, format, dead code, dependency rules, generated docs. Runs all of them even when
 * one fails, and says which did.
 */
import { describeFailure, runSetup } from "./setup.mjs";
import { PROJECT_ROOT } from "./setup/paths.mjs";
import { runVisibly } from "./test/run-suite.mjs";

/** @type {readonly { name: string, args: readonly string[] }[]} */
const CHECKS = [
  { name: "types", args: ["node_modules/typescript/bin/tsc", "-b"] },
  {
    name: "types of tests",
    args: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.check.json"],
  },
  {
    name: "lint, import zones, cycles",
    args: ["node_modules/eslint/bin/eslint.js", ".", "--max-warnings", "0"],
  },
  { name: "format", args: ["node_modules/prettier/bin/prettier.cjs", "--check", "."] },
  { name: "dead code and dependencies", args: ["node_modules/knip/bin/knip.js"] },
  { name: "docs/CONFIGURATION.md", args: ["scripts/generate-config-docs.mjs", "--check"] },
];

process.chdir(PROJECT_ROOT);
try {
  await runSetup({ only: ["node", "packages"] });
  const failed = [];
  for (const { name, args } of CHECKS) {
    console.log(`\n── ${name}`);
    if ((await runVisibly("node", args, process.env)) !== 0) failed.push(name);
  }
  console.log(failed.length === 0 ? "\nAll checks passed." : `\nFailed: ${failed.join("; ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`\n${describeFailure(error)}`);
  process.exitCode = 1;
}
