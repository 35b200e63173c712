import { readFileSync } from "node:fs";
import path from "node:path";
import { probeEngine } from "./engine-probe.mjs";
import { DOCKERFILE } from "./image-inputs.mjs";

/**
 * Variables that a build behind a proxy needs. Docker knows them as build arguments and keeps them out of the image. They are passed by name
 * alone, docker takes the values from the environment: a proxy's address may hold a password, which has no place in a command line or a log.
 */
const PROXY_VARIABLES = [
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

/**
 * Builds a stage of Dockerfile.secure.
 * @param {import("./step.mjs").Context} context
 * @param {{ tag: string, inputs: string, target?: string, fresh?: boolean }} image `inputs`: the hash for the label `sandbox.inputs`; `fresh`: use
 *   no cached layer, so that Debian's packages are today's
 * @returns {Promise<void>}
 * @throws {import("./failure.mjs").SetupFailure} with the end of the build's output
 */
export function buildImage(context, { inputs, ...image }) {
  const values = { SANDBOX_INPUTS: inputs, EXECD_VERSION: execdVersion(context.root) };
  return buildRecipe(context, { file: DOCKERFILE, ...image, values });
}

/**
 * @typedef {object} Recipe
 * @property {string} file the Dockerfile, relative to the checkout
 * @property {string} [folder] the build context, relative to it too; the checkout unless told
 * @property {string} tag
 * @property {string} [target] stage to stop at
 * @property {boolean} [fresh] use no cached layer, so that Debian's packages are today's
 * @property {Record<string, string>} values build arguments that anybody may read
 * @property {Record<string, string>} [privateValues] build arguments whose values have no place in a command line or a log
 */

/**
 * Builds an image, with BuildKit where the docker program has it and with the classic builder elsewhere.
 * @param {import("./step.mjs").Context} context
 * @param {Recipe} recipe
 * @returns {Promise<void>}
 * @throws {import("./failure.mjs").SetupFailure} with the end of the build's output
 */
export async function buildRecipe(context, recipe) {
  const { file, folder = ".", tag, target, fresh = false, values, privateValues = {} } = recipe;
  const byName = [
    ...PROXY_VARIABLES.filter((name) => context.env[name]),
    ...Object.keys(privateValues),
  ];
  const args = [
    "build",
    ...["--file", file, "--tag", tag],
    ...(target === undefined ? [] : ["--target", target]),
    ...(fresh ? ["--no-cache"] : []),
    ...buildArguments(values),
    ...byName.flatMap((name) => ["--build-arg", name]),
    folder,
  ];
  const choice = await builderChoice(context);
  // The classic builder leaves the container of a failed step behind unless told otherwise.
  if (choice["DOCKER_BUILDKIT"] === "0") args.splice(1, 0, "--force-rm");
  await context.must(`Building the image ${tag}`, "docker", args, {
    env: { ...privateValues, ...choice },
    advice: [
      "Did a download fail? The build needs Debian's archive:   docker run --rm debian:bookworm-slim apt-get update",
      "Behind a proxy, set http_proxy and https_proxy (an address that containers reach, not localhost) and run set-up again.",
    ],
  });
}

/**
 * The version of execd, which its package.json holds; the build itself reads it there for the binary.
 * @param {string} root
 * @returns {string}
 */
function execdVersion(root) {
  return JSON.parse(readFileSync(path.join(root, "packages/execd/package.json"), "utf8")).version;
}

/**
 * Docker 23 and newer build with the buildx plugin, and fail under DOCKER_BUILDKIT=1 without it: then the classic builder is asked for. With
 * buildx, the builder is the engine itself: another one that somebody selected may neither see the base image nor leave its result in the engine.
 * @param {import("./step.mjs").Context} context
 * @returns {Promise<Record<string, string>>} variables for the build
 */
async function builderChoice(context) {
  const buildx = await context.run("docker", ["buildx", "version"]);
  if (buildx.code !== 0) return { DOCKER_BUILDKIT: "0" };
  return { BUILDX_BUILDER: (await probeEngine(context)).context };
}

/** @param {Record<string, string>} values */
function buildArguments(values) {
  return Object.entries(values).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
}
