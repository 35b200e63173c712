import { spawn } from "node:child_process";
import path from "node:path";
import { userSettings } from "../setup/dot-env.mjs";
import { listContainers } from "./containers.mjs";

/** Name of the cluster unless COMPOSE_PROJECT_NAME says another. */
const PROJECT_NAME = "sandbox-system";

/** Where the workers keep the agents' sockets unless RUN_DIR says another; docker-compose.yml says the same. */
export const DEFAULT_RUN_DIR = "/run/sandbox-cluster";

/**
 * @typedef {import("../setup/step.mjs").Context} Context
 *
 * @typedef {object} Project a cluster as Compose knows it
 * @property {string} name
 * @property {Record<string, string>} env what Compose needs in its environment
 * @property {import("../setup/compose-program.mjs").Compose} compose
 */

/**
 * What Compose is told beside the user's own settings.
 * @param {Context} context
 * @param {{ name: string, compose: import("../setup/compose-program.mjs").Compose }} identity
 * @returns {Promise<Project>}
 */
export async function describeProject(context, { name, compose }) {
  const facts = await context.run(
    "docker",
    ["info", "--format", "{{json .OperatingSystem}} {{json .SecurityOptions}}"],
    { aside: true },
  );
  const engine = await context.run(
    "docker",
    ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
    { aside: true },
  );
  const given = engineSettings(facts.stdout, engine.stdout.trim());
  const chosen = userSettings(context);
  const unset = Object.entries(given).filter(([key]) => !chosen[key]);
  return { name, compose, env: { ...Object.fromEntries(unset), COMPOSE_PROJECT_NAME: name } };
}

/**
 * The settings that follow from the kind of engine. Docker Desktop's runs in a virtual machine, a rootless one has its socket and its folders
 * elsewhere.
 * @param {string} facts operating system and security options, as `docker info` says them
 * @param {string} endpoint as DOCKER_HOST would say it
 * @returns {Record<string, string>}
 */
export function engineSettings(facts, endpoint) {
  if (facts.includes("Docker Desktop")) {
    return {
      COMPOSE_FILE: ["docker-compose.yml", "docker-compose.desktop.yml"].join(path.delimiter),
    };
  }
  if (facts.includes("name=rootless") && endpoint.startsWith("unix://")) {
    const socket = endpoint.slice("unix://".length);
    return { DOCKER_SOCKET: socket, RUN_DIR: `${path.posix.dirname(socket)}/sandbox-cluster` };
  }
  return {};
}

/**
 * The name of the cluster of this checkout: the user's choice, else that of one which runs under the name that Compose gives by itself,
 * because somebody started it by hand, else `sandbox-system`.
 * @param {Context} context
 * @returns {Promise<string>}
 */
export async function projectName(context) {
  const chosen = userSettings(context)["COMPOSE_PROJECT_NAME"];
  if (chosen) return chosen;
  const byHand = nameByFolder(context.root);
  if (byHand === "" || byHand === PROJECT_NAME) return PROJECT_NAME;
  const started = await listContainers(context, byHand);
  return started.some(({ folder }) => folder === context.root) ? byHand : PROJECT_NAME;
}

/**
 * The name that Compose gives to what it starts in a folder.
 * @param {string} folder
 * @returns {string}
 */
export function nameByFolder(folder) {
  return path
    .basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}

/**
 * Runs Compose for a person to see: its output is not caught.
 * @param {Context} context
 * @param {Project} project
 * @param {readonly string[]} args
 * @returns {Promise<number>} exit code
 */
export function composeVisibly({ root, env }, { compose, env: own }, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(compose.command, [...compose.args, ...args], {
      cwd: root,
      env: { ...env, ...own },
      stdio: "inherit",
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
