import { mkdirSync, statSync, truncateSync } from "node:fs";
import path from "node:path";
import { clusterImages } from "./cluster-images.mjs";
import { dockerEngine } from "./docker-engine.mjs";
import { DEFAULT_ENDPOINT, probeEngine } from "./engine-probe.mjs";
import { execdBinaries } from "./execd-binaries.mjs";
import { SetupFailure } from "./failure.mjs";
import { commandEnvironment, detectHost } from "./host.mjs";
import { withLock } from "./lock.mjs";
import { nodeVersion } from "./node-version.mjs";
import { npmPackages } from "./npm-packages.mjs";
import { nodeImage } from "./node-image.mjs";
import { DEFAULT_STEP_NAMES, STEP_NAMES } from "./options.mjs";
import { LOCK_FILE, LOG_FILE, PROJECT_ROOT } from "./paths.mjs";
import { redisImage, redisImageStep } from "./redis-image.mjs";
import { createReporter } from "./reporter.mjs";
import { createRunner } from "./run.mjs";
import { sandboxImage } from "./sandbox-image.mjs";
import { typescriptBuild } from "./typescript-build.mjs";

/** Past this the log starts anew; a complete first run writes about a tenth of it. */
const LOG_LIMIT_BYTES = 5_000_000;

/** @type {Record<typeof STEP_NAMES[number], import("./step.mjs").Step>} */
const STEPS = {
  node: nodeVersion,
  packages: npmPackages,
  engine: dockerEngine,
  image: sandboxImage,
  execd: execdBinaries,
  build: typescriptBuild,
  redis: redisImageStep,
  cluster: clusterImages,
};

/** What a step cannot even be looked at without. */
const NEEDS = /** @type {Partial<Record<string, { step: string, text: string }>>} */ ({
  image: { step: "engine", text: "needs a Docker engine first" },
  build: { step: "packages", text: "needs the npm packages first" },
  redis: { step: "engine", text: "needs a Docker engine first" },
  cluster: { step: "engine", text: "needs a Docker engine first" },
});

/**
 * @typedef {object} RunSetupOptions
 * @property {boolean} [check] report what is missing and change nothing; rejects when anything is
 * @property {boolean} [quiet] print nothing; a failure is thrown, not printed, in any case
 * @property {boolean} [rebuild] build the images of these steps without cached layers
 * @property {readonly string[]} [only] names of the steps to run, a subset of STEP_NAMES; DEFAULT_STEP_NAMES unless told
 * @property {AbortSignal} [signal] interrupts: the running command is stopped, the lock released
 * @property {import("./reporter.mjs").Output} [output] where progress goes; standard output unless told
 *
 * @typedef {object} SetupResult
 * @property {string[]} changed names of the steps that had something to do
 * @property {Record<string, string>} env what others need in their environment to use what was provided: DOCKER_HOST when a docker context other than
 *   the default one is in use (libraries do not read contexts); REDIS_IMAGE after the step `redis`, NODE_IMAGE after `cluster`, the images to use
 */

/**
 * Brings the checkout to where it can run: Node.js checked, npm packages, a Docker engine, the sandbox image, the execd binaries, the
 * TypeScript build; and, when they are named, a Redis image and the images of the cluster. What is there already is left alone, so that calling this again is quick. Of several at once in a checkout one works
 * and the others wait.
 * @param {RunSetupOptions} [options]
 * @returns {Promise<SetupResult>}
 * @throws {SetupFailure} when a step cannot be done (`advice` says what to do), when something is missing with `check`, or when interrupted
 */
export async function runSetup(options = {}) {
  const {
    check = false,
    quiet = false,
    signal = new AbortController().signal,
    output = process.stdout,
  } = options;
  const only = options.only ?? DEFAULT_STEP_NAMES;
  const report = createReporter({ output, quiet });
  const context = createContext({ report, signal, rebuild: options.rebuild === true });
  const names = STEP_NAMES.filter((name) => only.includes(name));
  try {
    if (check) return await checkSteps(context, names);
    const onWait = (/** @type {import("./lock.mjs").LockHolder} */ holder) =>
      report.say(
        `Another set-up is at work here (process ${holder.pid} on ${holder.host}, lock ${LOCK_FILE}); waiting for it.`,
      );
    return await withLock(path.join(PROJECT_ROOT, LOCK_FILE), { signal, onWait }, () =>
      provideSteps(context, names),
    );
  } catch (error) {
    report.abandon();
    throw error;
  }
}

/**
 * What steps work with, in this checkout and on this machine.
 * @param {{ report: import("./reporter.mjs").Reporter, signal: AbortSignal, rebuild: boolean }} given
 * @returns {import("./step.mjs").Context}
 */
export function createContext({ report, signal, rebuild }) {
  const env = commandEnvironment(process.env);
  const logFile = path.join(PROJECT_ROOT, LOG_FILE);
  mkdirSync(path.dirname(logFile), { recursive: true });
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES)
    truncateSync(logFile);
  const { run, must } = createRunner({
    cwd: PROJECT_ROOT,
    env,
    logFile,
    signal,
    onLine: (line) => report.heard(line),
  });
  return { root: PROJECT_ROOT, host: detectHost(env), env, rebuild, report, run, must, signal };
}

/**
 * @param {import("./step.mjs").Context} context
 * @param {readonly (typeof STEP_NAMES[number])[]} names
 * @returns {Promise<SetupResult>}
 */
async function provideSteps(context, names) {
  const changed = /** @type {string[]} */ ([]);
  for (const name of names) {
    const step = STEPS[name];
    context.report.begin(step.title);
    const finding = await step.inspect(context);
    if (finding.ready) {
      context.report.end("ok", finding.detail);
      continue;
    }
    context.report.end("done", await step.provide(context, finding.detail));
    changed.push(name);
  }
  return { changed, env: await neededEnvironment(context, names) };
}

/**
 * @param {import("./step.mjs").Context} context
 * @param {readonly (typeof STEP_NAMES[number])[]} names
 * @returns {Promise<SetupResult>}
 */
async function checkSteps(context, names) {
  const missing = /** @type {string[]} */ ([]);
  for (const name of names) {
    const step = STEPS[name];
    const need = NEEDS[name];
    context.report.begin(step.title);
    const finding =
      need && missing.includes(need.step)
        ? { ready: false, detail: need.text }
        : await step.inspect(context);
    context.report.end(finding.ready ? "ok" : "missing", finding.detail);
    if (!finding.ready) missing.push(name);
  }
  if (missing.length > 0)
    throw new SetupFailure("Something is missing; nothing was changed.", [
      missing.every((name) => DEFAULT_STEP_NAMES.some((step) => step === name))
        ? "npm run setup"
        : `npm run setup -- --only=${names.join(",")}`,
    ]);
  return { changed: [], env: await neededEnvironment(context, names) };
}

/**
 * @param {import("./step.mjs").Context} context
 * @param {readonly string[]} names
 * @returns {Promise<Record<string, string>>}
 */
async function neededEnvironment(context, names) {
  /** @type {[string, string | undefined][]} */
  const found = [];
  if (names.includes("engine")) {
    const { endpoint } = await probeEngine(context);
    if (endpoint !== DEFAULT_ENDPOINT) found.push(["DOCKER_HOST", endpoint]);
  }
  if (names.includes("redis")) found.push(["REDIS_IMAGE", await redisImage(context)]);
  if (names.includes("cluster")) found.push(["NODE_IMAGE", await nodeImage(context)]);
  return Object.fromEntries(found.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
