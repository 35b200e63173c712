import path from "node:path";
import { clusterImageRecipes } from "../setup/cluster-images.mjs";
import { imageId } from "../setup/docker-image.mjs";
import { userSettings } from "../setup/dot-env.mjs";
import { redisImage } from "../setup/redis-image.mjs";
import { listContainers, workerIds } from "./containers.mjs";
import { DEFAULT_RUN_DIR } from "./project.mjs";

/** Draining takes up to SHUTDOWN_GRACE_SECONDS of the workers' settings; Compose ends what takes longer than stop_grace_period. */
const DOWN_LIMIT_MS = 10 * 60_000;

/**
 * Run in the worker's own image, which knows what a worker has in its run directory: removes that of the workers named, and the directory itself
 * when nothing else is in it.
 */
const CLEAR_RUN_DIR = `
import { rm, rmdir } from "node:fs/promises";
import { workerPaths } from "/app/packages/sandbox/dist/ownership/run-dir.js";
const [folder, ...workers] = process.argv.slice(1);
for (const path of workers.flatMap((worker) => Object.values(workerPaths(folder, worker))))
  await rm(path, { recursive: true, force: true });
await rmdir(folder).catch(() => undefined);`;

/**
 * @typedef {import("../setup/step.mjs").Context} Context
 * @typedef {import("./project.mjs").Project} Project
 */

/**
 * Removes a cluster and what belongs to it alone. Safe to call again, and when there is none.
 * @param {Context} context
 * @param {Project} project
 * @param {{ images: boolean }} options
 * @returns {Promise<void>}
 * @throws {import("../setup/failure.mjs").SetupFailure} when something cannot be removed
 */
export async function removeCluster(context, { name, compose, env }, { images }) {
  const { report, must } = context;
  const containers = await listContainers(context, name);
  const workers = workerIds(containers);
  const runDir = runDirOf(context, containers, env);
  report.begin("cluster");
  report.doing("workers drain, containers go");
  await must(
    "Removing the cluster",
    compose.command,
    [...compose.args, "down", "--volumes", "--remove-orphans"],
    { env, timeoutMs: DOWN_LIMIT_MS, advice: ["Once more:   npm run cluster:down"] },
  );
  report.doing("removing sandboxes");
  const sandboxes = await removeSandboxes(context, workers);
  await clearRunDirectory(context, runDir, workers);
  const gone = `${containers.length} containers and ${sandboxes} sandboxes removed`;
  report.end(containers.length + sandboxes > 0 ? "done" : "ok", gone);
  if (images) await removeImages(context);
}

/**
 * Sandboxes that outlived their workers: theirs alone, by the labels that each carries.
 * @param {Context} context
 * @param {readonly string[]} workers
 * @returns {Promise<number>} how many there were
 */
async function removeSandboxes({ must, run }, workers) {
  let removed = 0;
  for (const worker of workers) {
    const filters = ["label=sandbox.system=1", `label=sandbox.worker=${worker}`];
    const listed = await must(
      "Asking for sandboxes",
      "docker",
      ["ps", "--all", "--quiet", ...filters.flatMap((filter) => ["--filter", filter])],
      { aside: true },
    );
    const ids = listed.stdout.split("\n").filter(Boolean);
    // Without `must`: one that ends itself at this moment is gone as well.
    if (ids.length > 0) await run("docker", ["rm", "--force", "--volumes", ...ids]);
    removed += ids.length;
  }
  return removed;
}

/**
 * @param {Context} context
 * @param {readonly import("./containers.mjs").ClusterContainer[]} containers
 * @param {Record<string, string>} env
 */
function runDirOf(context, containers, env) {
  const ofWorker = containers.map((container) => container.env["RUN_DIR"]).find(Boolean);
  return ofWorker ?? (userSettings(context)["RUN_DIR"] || env["RUN_DIR"] || DEFAULT_RUN_DIR);
}

/**
 * Clears the run directory on the engine's host, by means of a container, because that host need not be this machine, and this user
 * need not be root. Other clusters and workers may use it too; what is theirs stays.
 * @param {Context} context
 * @param {string} runDir
 * @param {readonly string[]} workers
 */
async function clearRunDirectory(context, runDir, workers) {
  const { tag } = clusterImageRecipes(userSettings(context)).worker;
  if (workers.length === 0 || (await imageId(context, tag)) === undefined) return;
  const parent = path.posix.dirname(runDir);
  await context.must(`Clearing ${runDir}`, "docker", [
    ...["run", "--rm", "--network=none", "--volume", `${parent}:/parent`, "--entrypoint=node", tag],
    ...["--input-type=module", "--eval", CLEAR_RUN_DIR],
    `/parent/${path.posix.basename(runDir)}`,
    ...workers,
  ]);
}

/** @param {Context} context */
async function removeImages(context) {
  const { run, report } = context;
  report.begin("images");
  const { worker, coordinator } = clusterImageRecipes(userSettings(context));
  const tags = [worker.tag, coordinator.tag, await redisImage(context)];
  const removed = [];
  for (const tag of tags) {
    if (tag === undefined) continue;
    const result = await run("docker", ["image", "rm", tag]);
    if (result.code === 0) removed.push(tag);
  }
  report.end("done", removed.length > 0 ? `removed: ${removed.join(", ")}` : "none there");
}
