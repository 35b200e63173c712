import { setTimeout as elapsed } from "node:timers/promises";
import { userSettings } from "../setup/dot-env.mjs";
import { SetupFailure } from "../setup/failure.mjs";
import { listContainers, standing } from "./containers.mjs";
import { describeContainer, explainFailure } from "./diagnosis.mjs";

/** Compose itself waits for health on the way, whose checks give up after about a minute and a half each. */
const COMPOSE_LIMIT_MS = 6 * 60_000;

/** After Compose has started everything; the last health check of a service that never answers has failed by then. */
const READY_LIMIT_MS = 2 * 60_000;

/** Between two looks at what is still missing. */
const POLL_MS = 500;

/** Until the coordinator answers one request. */
const ANSWER_MS = 5000;

const DEFAULT_PORT = 8000;

/**
 * @typedef {import("../setup/step.mjs").Context} Context
 * @typedef {import("./project.mjs").Project} Project
 */

/**
 * Starts what does not run, replaces what is out of date, and waits until the workers are healthy and the coordinator is ready.
 * @param {Context} context
 * @param {Project} project
 * @param {{ scale?: number, port?: number }} options as the command line said; what it did not say stays as it is
 * @returns {Promise<{ url: string, workers: number }>} where clients reach the cluster
 * @throws {SetupFailure} when something does not come up, with its last words and what to do
 */
export async function startCluster(context, project, options) {
  const { report } = context;
  const before = await listContainers(context, project.name);
  const scale = options.scale ?? before.filter(({ service }) => service === "worker").length;
  const port = portFor(before, options.port, userSettings(context)["COORDINATOR_PORT"]);
  report.begin("containers");
  report.doing("starting");
  await composeUp(context, project, { scale, port });
  await untilHealthy(context, project.name);
  const url = urlOf(port, await engineHost(context));
  report.doing(`waiting for ${url}/ready`);
  await untilReady(context, project.name, url);
  const after = await listContainers(context, project.name);
  const kept = new Set(before.map(({ id }) => id));
  const started = after.filter(({ id, service }) => !kept.has(id) && service !== "sandbox-image");
  const running = after.filter(({ status }) => status === "running").length;
  if (started.length === 0) report.end("ok", `${running} running`);
  else report.end("done", `${running} running, ${started.length} of them new`);
  return { url, workers: scale + 2 };
}

/**
 * @param {readonly import("./containers.mjs").ClusterContainer[]} before
 * @param {number | undefined} wanted by the command line
 * @param {string | undefined} setting of the user, which Compose reads too
 * @returns {string}
 */
export function portFor(before, wanted, setting) {
  const present = before.find(({ service }) => service === "coordinator")?.port;
  return String(wanted ?? (setting || (present ?? DEFAULT_PORT)));
}

/**
 * Where clients reach a published port.
 * @param {string} port "8000", or "127.0.0.1:8000" where it listens on one address only
 * @param {string} engineHost
 * @returns {string}
 */
export function urlOf(port, engineHost) {
  return port.includes(":") ? `http://${port}` : `http://${engineHost}:${port}`;
}

/**
 * @param {Context} context
 * @param {Project} project
 * @param {{ scale: number, port: string }} wanted
 */
async function composeUp(context, { name, compose, env }, { scale, port }) {
  const args = ["up", "--detach", "--no-build", "--scale", `worker=${scale}`];
  const result = await context.run(compose.command, [...compose.args, ...args], {
    env: { ...env, COORDINATOR_PORT: port },
    timeoutMs: COMPOSE_LIMIT_MS,
  });
  if (result.code === 0) return;
  throw await explainFailure(context, await listContainers(context, name), result.output);
}

/**
 * Waits until every container is up; ends early when one has failed for good.
 * @param {Context} context
 * @param {string} project
 */
async function untilHealthy(context, project) {
  const deadline = performance.now() + READY_LIMIT_MS;
  let said = "";
  for (;;) {
    const late = performance.now() > deadline;
    const containers = await listContainers(context, project);
    const missing = containers.filter((container) => standing(container) !== "up");
    if (containers.length > 0 && missing.length === 0) return;
    if (late || missing.some((container) => standing(container) === "failed"))
      throw await explainFailure(context, containers, "");
    const waiting = `waiting: ${missing.map(describeContainer).join(", ")}`;
    if (waiting !== said) context.report.doing(waiting);
    said = waiting;
    await pause(context.signal);
  }
}

/**
 * Waits until the coordinator can be reached from here and says that it is ready.
 * @param {Context} context
 * @param {string} project
 * @param {string} url
 */
async function untilReady(context, project, url) {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const late = performance.now() > deadline;
    const answer = await ask(`${url}/ready`, context.signal);
    if (answer.ok) return;
    if (late) {
      const containers = await listContainers(context, project);
      if (containers.some((container) => standing(container) !== "up"))
        throw await explainFailure(context, containers, "");
      throw new SetupFailure(`The coordinator is healthy, but ${url}/ready ${answer.text}.`, [
        "Is the port open to this machine? Is a proxy set for localhost (no_proxy)?",
        "See more:         npm run cluster -- logs coordinator",
      ]);
    }
    await pause(context.signal);
  }
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<{ ok: boolean, text: string }>}
 */
async function ask(url, signal) {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const answer = await fetch(url, { signal: limit });
    await answer.arrayBuffer();
    return { ok: answer.ok, text: `answers ${answer.status}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ok: false, text: `does not answer (${String(cause)})` };
  }
}

/**
 * Where published ports are: on this machine, unless the engine is another's.
 * @param {Context} context
 * @returns {Promise<string>}
 */
async function engineHost({ run }) {
  const asked = await run(
    "docker",
    ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
    { aside: true },
  );
  return hostOf(asked.stdout.trim());
}

/**
 * @param {string} endpoint as DOCKER_HOST says it
 * @returns {string}
 */
export function hostOf(endpoint) {
  return /^(?:tcp|ssh|https?):\/\//.test(endpoint) ? new URL(endpoint).hostname : "localhost";
}

/** @param {AbortSignal} signal */
async function pause(signal) {
  await elapsed(POLL_MS, undefined, { signal }).catch(() => undefined);
  // The next command says that it was interrupted.
}
