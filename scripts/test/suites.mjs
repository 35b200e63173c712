import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCounting, runVisibly } from "./run-suite.mjs";

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed a suite that could not run counts as one
 *
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} title
 * @property {(env: NodeJS.ProcessEnv) => Promise<Counts>} run
 */

/** Image of the build stage with the agent's tests: Go need not be on the machine. */
const EXECD_TEST_IMAGE = "sandbox-execd-test:latest";

/** @type {readonly Suite[]} in the order they run: the quick ones first */
export const SUITES = [
  { name: "scripts", title: "set-up scripts", run: nodeTests },
  {
    name: "execd",
    title: "the agent (Go: gofmt, vet, test), inside its build image",
    run: goTests,
  },
  { name: "unit", title: "every package, without input or output", run: jestProject("unit") },
  {
    name: "integration",
    title: "real Docker and Redis: engine, sandboxes, servers, SDK in both modes",
    run: jestProject("integration", ["--runInBand"]),
  },
  {
    name: "e2e",
    title: "the running system: clusters and their faults, the compose stack, the examples",
    run: jestProject("e2e", ["--runInBand"]),
  },
];

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Counts>}
 */
function nodeTests(env) {
  // Named one by one: given a folder, the runner takes everything below a folder called "test" for tests.
  const files = readdirSync("scripts", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.mjs"))
    .map((file) => path.join("scripts", file));
  const args = ["--test", "--test-reporter=tap", ...files];
  return runCounting("node", args, env, (line, counts) => {
    const match = /^# (pass|fail) (\d+)/.exec(line);
    if (match?.[1] === "pass") counts.passed += Number(match[2]);
    if (match?.[1] === "fail") counts.failed += Number(match[2]);
    return /^not ok|^# (pass|fail|duration)/.test(line) ? line : undefined;
  });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Counts>}
 */
async function goTests(env) {
  const built = await runVisibly(
    "docker",
    [
      "build",
      "-q",
      "-f",
      "packages/execd/Dockerfile.test",
      "-t",
      EXECD_TEST_IMAGE,
      "packages/execd",
    ],
    hasBuildx(env) ? env : { ...env, DOCKER_BUILDKIT: "0" },
  );
  if (built !== 0) return { passed: 0, failed: 1 };
  return await runCounting(
    "docker",
    ["run", "--rm", "--network=none", EXECD_TEST_IMAGE],
    env,
    (line, counts) => {
      const event = parseJson(line);
      if (event === undefined) return line;
      if (event.Test !== undefined && event.Action === "pass") counts.passed += 1;
      if (event.Test !== undefined && event.Action === "fail") counts.failed += 1;
      const isSummary = event.Test === undefined && event.Action === "output";
      const isFailure = /^\s*(--- FAIL|\S+_test\.go:\d+)/.test(event.Output ?? "");
      return isSummary || isFailure ? event.Output?.trimEnd() : undefined;
    },
  );
}

/**
 * Without the buildx plugin newer docker programs must be asked for the classic builder.
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean}
 */
function hasBuildx(env) {
  return spawnSync("docker", ["buildx", "version"], { env, stdio: "ignore" }).status === 0;
}

/**
 * @param {string} line
 * @returns {{ Action?: string, Test?: string, Output?: string } | undefined}
 */
function parseJson(line) {
  try {
    return line.startsWith("{") ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} project
 * @param {readonly string[]} options
 * @returns {(env: NodeJS.ProcessEnv) => Promise<Counts>}
 */
function jestProject(project, options = []) {
  return async (env) => {
    const dir = mkdtempSync(path.join(tmpdir(), "sandbox-test-"));
    const report = path.join(dir, "report.json");
    try {
      const code = await runVisibly(
        "node",
        [
          "node_modules/jest/bin/jest.js",
          "--selectProjects",
          project,
          "--json",
          `--outputFile=${report}`,
          ...options,
        ],
        env,
        { stdoutToNothing: true },
      );
      const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
        readFileSync(report, "utf8"),
      );
      const failed = numFailedTests + numRuntimeErrorTestSuites;
      return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
    } catch (error) {
      console.error(`The ${project} tests gave no report: ${String(error)}`);
      return { passed: 0, failed: 1 };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
}
