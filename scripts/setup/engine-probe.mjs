import { existsSync } from "node:fs";
import { request } from "node:http";
import { findProgram } from "./host.mjs";

/** Where an engine listens unless somebody says otherwise. */
export const DEFAULT_ENDPOINT = "unix:///var/run/docker.sock";

/** A local engine answers in milliseconds; a remote one over ssh may take seconds. Past this it is taken for silent. */
const ANSWER_TIMEOUT_MS = 15_000;

/**
 * @typedef {object} EngineProbe what is known about the Docker engine that commands would go to
 * @property {"ready" | "silent" | "forbidden" | "windows-containers" | "no-client"} answer
 *   `ready`: a Linux engine answers; `silent`: nothing answers; `forbidden`: it is there, but this user may not talk to it;
 *   `windows-containers`: it answers, but runs no Linux containers; `no-client`: an engine answers, but there is no `docker` program
 * @property {string} endpoint as DOCKER_HOST would say it
 * @property {string} context name of the docker context in use, "default" unless somebody chose another
 * @property {boolean} chosen the endpoint was chosen by somebody (DOCKER_HOST or a context) rather than the default
 * @property {string} version of the engine, "" unless it answers
 */

/**
 * Asks the engine that DOCKER_HOST or the docker context names.
 * @param {{ run: import("./run.mjs").Run, env: NodeJS.ProcessEnv }} context
 * @returns {Promise<EngineProbe>}
 */
export async function probeEngine({ run, env }) {
  const chosenHost = env["DOCKER_HOST"] ?? "";
  if (findProgram("docker", env) === undefined) {
    const endpoint = chosenHost || DEFAULT_ENDPOINT;
    const answer = (await pings(endpoint)) ? "no-client" : "silent";
    return { answer, endpoint, context: "default", chosen: chosenHost !== "", version: "" };
  }
  const inspected = await run(
    "docker",
    ["context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}"],
    { aside: true },
  );
  const [context = "default", endpoint = DEFAULT_ENDPOINT] =
    inspected.code === 0 ? inspected.stdout.trim().split(" ") : [];
  const asked = await run("docker", ["version", "--format", "{{json .Server}}"], {
    timeoutMs: ANSWER_TIMEOUT_MS,
    aside: true,
  });
  return { ...readAnswer(asked), endpoint, context, chosen: endpoint !== DEFAULT_ENDPOINT };
}

/**
 * What `docker version --format '{{json .Server}}'` tells.
 * @param {{ code: number, stdout: string, output: string }} asked
 * @returns {Pick<EngineProbe, "answer" | "version">}
 */
export function readAnswer({ code, stdout, output }) {
  if (code === 0) {
    const server = JSON.parse(stdout);
    return {
      answer: server.Os === "linux" ? "ready" : "windows-containers",
      version: server.Version,
    };
  }
  return { answer: /permission denied/i.test(output) ? "forbidden" : "silent", version: "" };
}

/**
 * Whether an engine answers at a unix socket; asked directly, for where there is no docker program to ask with.
 * @param {string} endpoint
 * @returns {Promise<boolean>}
 */
function pings(endpoint) {
  const socketPath = endpoint.replace(/^unix:\/\//, "");
  if (socketPath === endpoint || !existsSync(socketPath)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asked = request(
      { socketPath, path: "/_ping", timeout: ANSWER_TIMEOUT_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(false));
    asked.end();
  });
}
