/**
 * @typedef {object} ClusterContainer a container of the Compose project
 * @property {string} id
 * @property {string} service its name in docker-compose.yml
 * @property {string} name
 * @property {"created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"} status
 * @property {string} health healthy, unhealthy or starting; "" without a health check
 * @property {number} exitCode
 * @property {number} restarts
 * @property {string} hostname
 * @property {string} folder the checkout that it was started from
 * @property {string | undefined} port on the host, of the first published port, with the address where it listens on one only: "127.0.0.1:8000"
 * @property {Record<string, string>} env
 */

/** The services that are workers. */
const WORKER_SERVICES = ["worker1", "worker2", "worker"];

/** Restarts after which a container is not expected to come up by itself. */
const HOPELESS_RESTARTS = 3;

/**
 * The containers of a Compose project, whether they run or not.
 * @param {Pick<import("../setup/step.mjs").Context, "must">} context
 * @param {string} project
 * @returns {Promise<ClusterContainer[]>} by name
 * @throws {import("../setup/failure.mjs").SetupFailure} when the engine cannot be asked
 */
export async function listContainers({ must }, project) {
  const listed = await must(
    "Asking the engine for containers",
    "docker",
    ["ps", "--all", "--quiet", "--filter", `label=com.docker.compose.project=${project}`],
    { aside: true, advice: ["Is there an engine?   npm run setup -- --only=engine"] },
  );
  const ids = listed.stdout.split("\n").filter(Boolean);
  if (ids.length === 0) return [];
  const inspected = await must("Looking at containers", "docker", ["inspect", ...ids], {
    aside: true,
  });
  return JSON.parse(inspected.stdout)
    .map(readContainer)
    .sort((/** @type {ClusterContainer} */ a, /** @type {ClusterContainer} */ b) =>
      a.name.localeCompare(b.name, "en"),
    );
}

/**
 * @param {any} inspected of `docker inspect`
 * @returns {ClusterContainer}
 */
export function readContainer(inspected) {
  const { Id, Name, State, RestartCount, Config, HostConfig } = inspected;
  const bindings = Object.values(HostConfig?.PortBindings ?? {}).flat();
  return {
    id: Id,
    name: Name.replace(/^\//, ""),
    service: Config.Labels["com.docker.compose.service"] ?? "",
    folder: Config.Labels["com.docker.compose.project.working_dir"] ?? "",
    status: State.Status,
    health: State.Health?.Status ?? "",
    exitCode: State.ExitCode,
    restarts: RestartCount ?? 0,
    hostname: Config.Hostname,
    port: publishedAs(/** @type {any} */ (bindings[0])),
    env: Object.fromEntries(
      (Config.Env ?? []).map((/** @type {string} */ entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
    ),
  };
}

/** @param {{ HostIp?: string, HostPort: string } | undefined} binding */
function publishedAs(binding) {
  if (binding === undefined) return undefined;
  const { HostIp: address = "", HostPort: port } = binding;
  return ["", "0.0.0.0", "::"].includes(address) ? port : `${address}:${port}`;
}

/**
 * How far a container is. One without a health check (the builder of the sandbox image) is there to end well.
 * @param {Pick<ClusterContainer, "status" | "health" | "exitCode" | "restarts">} container
 * @returns {"up" | "coming" | "failed"}
 */
export function standing({ status, health, exitCode, restarts }) {
  if (status === "running") {
    if (health === "healthy") return "up";
    return health === "unhealthy" || restarts >= HOPELESS_RESTARTS ? "failed" : "coming";
  }
  if (status === "exited" && health === "") return exitCode === 0 ? "up" : "failed";
  if (status === "restarting") return restarts >= HOPELESS_RESTARTS ? "failed" : "coming";
  return status === "created" ? "coming" : "failed";
}

/**
 * Names under which the workers of a cluster own sandboxes.
 * @param {readonly ClusterContainer[]} containers
 * @returns {string[]}
 */
export function workerIds(containers) {
  return containers
    .filter(({ service }) => WORKER_SERVICES.includes(service))
    .map(({ env, hostname }) => env["WORKER_ID"] || hostname);
}
