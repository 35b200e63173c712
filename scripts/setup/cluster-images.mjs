import { readFileSync } from "node:fs";
import path from "node:path";
import { ensureBaseImage } from "./base-image.mjs";
import { findCompose, installCompose } from "./compose-program.mjs";
import { buildRecipe } from "./docker-build.mjs";
import { imageInputsLabel, replaceImage } from "./docker-image.mjs";
import { userSettings } from "./dot-env.mjs";
import { filesBelow, hashFiles, imageInputs } from "./image-inputs.mjs";
import { ensureNodeImage } from "./node-image.mjs";
import { npmAccess } from "./npm-access.mjs";

/**
 * The images of the two processes, as docker-compose.yml names them.
 * @param {NodeJS.ProcessEnv} settings of the user, who may name them otherwise
 */
export function clusterImageRecipes({ WORKER_IMAGE: worker, COORDINATOR_IMAGE: coordinator }) {
  return {
    worker: { tag: worker || "sandbox-worker:latest", file: "Dockerfile.worker" },
    coordinator: {
      tag: coordinator || "sandbox-coordinator:latest",
      file: "Dockerfile.coordinator",
    },
  };
}

/** What both recipes copy, beside the packages. */
const COMMON_FILES = ["package.json", "package-lock.json", ".npmrc", "tsconfig.base.json"];
const WORKER_ENTRYPOINT = "scripts/cluster/worker-entrypoint.sh";

/** In the packages, what is made here, what .dockerignore keeps out of the build, and execd's own sources, which `imageInputs` knows. */
const BESIDE_THE_POINT =
  /\/(node_modules|dist|coverage|testdata|corpus)\/|\.(test\.ts|md|go|log|tsbuildinfo)$/;

/**
 * The files that decide what the image of a process is.
 * @param {string} root absolute path of the checkout
 * @param {string} dockerfile
 * @returns {string[]} relative to it, sorted
 */
export function clusterImageInputs(root, dockerfile) {
  const packages = filesBelow(root, "packages").filter((file) => !BESIDE_THE_POINT.test(file));
  const own = dockerfile === "Dockerfile.worker" ? [WORKER_ENTRYPOINT, ...imageInputs(root)] : [];
  return [...new Set([dockerfile, ...COMMON_FILES, ...packages, ...own])].sort();
}

/** Compose, and the images of worker and coordinator, built from the sources of this checkout. */
export const clusterImages = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "cluster images",
  async inspect(context) {
    const compose = await findCompose(context);
    if (compose === undefined) return { ready: false, detail: "no Docker Compose" };
    const stale = await staleImages(context);
    if (stale.length > 0)
      return { ready: false, detail: `to be built: ${stale.map(({ tag }) => tag).join(", ")}` };
    return { ready: true, detail: `worker, coordinator; Compose ${compose.version}` };
  },
  async provide(context) {
    const done = [];
    if ((await findCompose(context)) === undefined)
      done.push(`Compose ${(await installCompose(context)).version} installed`);
    for (const { tag, file } of await staleImages(context))
      done.push(await buildClusterImage(context, tag, file));
    return done.join("; ");
  },
});

/** @param {import("./step.mjs").Context} context */
async function staleImages(context) {
  const images = Object.values(clusterImageRecipes(userSettings(context)));
  if (context.rebuild) return images;
  const stale = [];
  for (const image of images) {
    const inputs = hashFiles(context.root, clusterImageInputs(context.root, image.file));
    if ((await imageInputsLabel(context, image.tag)) !== inputs) stale.push(image);
  }
  return stale;
}

/**
 * @param {import("./step.mjs").Context} context
 * @param {string} tag
 * @param {string} file
 */
async function buildClusterImage(context, tag, file) {
  const { root, report, rebuild } = context;
  await ensureBaseImage(context);
  const nodeImage = await ensureNodeImage(context);
  const privateValues = await npmAccess(context);
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const inputs = hashFiles(root, clusterImageInputs(root, file));
  report.doing(`building ${tag}`);
  return replaceImage(context, tag, () =>
    buildRecipe(context, {
      file,
      tag,
      fresh: rebuild,
      values: { NODE_IMAGE: nodeImage, VERSION: version, SANDBOX_INPUTS: inputs },
      privateValues,
    }),
  );
}
