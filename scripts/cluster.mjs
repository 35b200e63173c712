#!/usr/bin/env node
/**
 * The whole system on this machine: `npm run cluster`, `npm run cluster:down`, or `node scripts/cluster.mjs --help`. Needs Node.js and
 * nothing else; see docs/DEPLOYMENT.md.
 */
import { listContainers } from "./cluster/containers.mjs";
import { removeCluster } from "./cluster/down.mjs";
import { HELP, parseClusterOptions } from "./cluster/options.mjs";
import { composeVisibly, describeProject, nameByFolder, projectName } from "./cluster/project.mjs";
import { startCluster } from "./cluster/up.mjs";
import { SetupFailure, describeFailure, runSetup } from "./setup.mjs";
import { findCompose, composeMissing } from "./setup/compose-program.mjs";
import { PROJECT_ROOT } from "./setup/paths.mjs";
import { createReporter } from "./setup/reporter.mjs";
import { createContext } from "./setup/run-setup.mjs";

/** Exit codes of a process that a signal ended, as shells count them. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What a cluster needs. No npm packages and no build: the images are compiled by themselves. */
const SETUP_STEPS = /** @type {const} */ (["node", "engine", "image", "redis", "cluster"]);

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
  let command = "up";
  try {
    const options = parseClusterOptions(argv);
    command = options.command;
    if (options.help) {
      process.stdout.write(`${HELP}\n`);
      return 0;
    }
    return await COMMANDS[options.command](options, interrupt.signal);
  } catch (error) {
    const told = interruptedWith ? interruptedText(command) : describeFailure(error);
    process.stderr.write(`\n${told}\n`);
    return interruptedWith || (error instanceof SetupFailure ? error.exitCode : 1);
  }
}

/** @type {Record<import("./cluster/options.mjs").ClusterOptions["command"], (options: import("./cluster/options.mjs").ClusterOptions, signal: AbortSignal) => Promise<number>>} */
const COMMANDS = { up, down, status: follow, logs: follow };

/**
 * @param {import("./cluster/options.mjs").ClusterOptions} options
 * @param {AbortSignal} signal
 */
async function up(options, signal) {
  const { env } = await runSetup({ only: SETUP_STEPS, rebuild: options.rebuild, signal });
  const { context, project } = await openProject(signal, env);
  try {
    const { url, workers } = await startCluster(context, project, options);
    process.stdout.write(nextSteps(url, workers, project));
    return 0;
  } catch (error) {
    context.report.abandon();
    throw error;
  }
}

/**
 * @param {import("./cluster/options.mjs").ClusterOptions} options
 * @param {AbortSignal} signal
 */
async function down(options, signal) {
  const { context, project } = await openProject(signal);
  try {
    await removeCluster(context, project, options);
    return 0;
  } catch (error) {
    context.report.abandon();
    throw error;
  }
}

/**
 * @param {import("./cluster/options.mjs").ClusterOptions} options
 * @param {AbortSignal} signal
 */
async function follow({ command, service }, signal) {
  const { context, project } = await openProject(signal);
  if ((await listContainers(context, project.name)).length === 0) {
    process.stdout.write("No cluster is there. Start one: npm run cluster\n");
    return 0;
  }
  const logs = ["logs", "--follow", "--tail=100", ...(service === undefined ? [] : [service])];
  const code = await composeVisibly(context, project, command === "status" ? ["ps"] : logs);
  return signal.aborted ? 0 : code;
}

/**
 * @param {AbortSignal} signal
 * @param {Record<string, string>} [found] what set-up found out for Compose
 */
async function openProject(signal, found = {}) {
  const report = createReporter({ output: process.stdout });
  const context = createContext({ report, signal, rebuild: false });
  const compose = await findCompose(context);
  if (compose === undefined) throw composeMissing(context.host);
  const name = await projectName(context);
  const project = await describeProject(context, { name, compose });
  return { context, project: { ...project, env: { ...found, ...project.env } } };
}

/**
 * @param {string} url
 * @param {number} workers
 * @param {import("./cluster/project.mjs").Project} project
 */
function nextSteps(url, workers, { name }) {
  const byHand =
    process.env["COMPOSE_PROJECT_NAME"] === name || nameByFolder(PROJECT_ROOT) === name
      ? ""
      : `\n  export COMPOSE_PROJECT_NAME=${name}    for docker compose by hand\n`;
  return `
The cluster "${name}" is ready with ${workers} workers: ${url}

  curl ${url}/health
  open ${url}/docs                           the API, to read and to try
  new SandboxClient({ mode: "remote", serverUrl: "${url}" })

  npm run cluster -- --scale=2               two more workers
  npm run cluster -- status                  the containers
  npm run cluster -- logs worker1            what it says
  npm run cluster:down                       removes all of it
${byHand}`;
}

/** @param {string} command */
function interruptedText(command) {
  return command === "down"
    ? "Interrupted. Remove the rest:   npm run cluster:down"
    : "Interrupted. What has started keeps running. Go on:   npm run cluster      Remove it:   npm run cluster:down";
}

process.exitCode = await main(process.argv.slice(2));
