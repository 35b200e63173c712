import { ensureBaseImage } from "./base-image.mjs";
import { findImage, provideImage } from "./chosen-image.mjs";
import { buildRecipe } from "./docker-build.mjs";
import { hashFiles } from "./image-inputs.mjs";

/** Recipe of the substitute; the folder is its build context. */
const FOLDER = "scripts/setup/images";
const RECIPE = `${FOLDER}/redis.Dockerfile`;
const RECIPE_FILES = [RECIPE, `${FOLDER}/redis-entrypoint.sh`];

/** @type {import("./chosen-image.mjs").ImageChoice} */
const REDIS = {
  variable: "REDIS_IMAGE",
  official: "redis:7-alpine",
  local: "sandbox-redis:7",
  inputs: (root) => hashFiles(root, RECIPE_FILES),
  async build(context) {
    await ensureBaseImage(context);
    await buildRecipe(context, {
      file: RECIPE,
      folder: FOLDER,
      tag: REDIS.local,
      fresh: context.rebuild,
      values: { SANDBOX_INPUTS: REDIS.inputs(context.root) },
    });
  },
};

/**
 * Which Redis image to use, of those that the engine has: REDIS_IMAGE, redis:7-alpine, or the substitute made of Debian's packages. They all
 * take redis-server's options as arguments and keep their data in /data.
 * @param {import("./chosen-image.mjs").Asks} context
 * @returns {Promise<string | undefined>} undefined when none is there; the set-up step `redis` provides one
 */
export function redisImage(context) {
  return findImage(context, REDIS);
}

/** A Redis image, for the cluster and for the tests that need a real Redis. */
export const redisImageStep = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "Redis image",
  async inspect(context) {
    const reference = await redisImage(context);
    if (reference === undefined) return { ready: false, detail: "none there" };
    return context.rebuild
      ? { ready: false, detail: "to be renewed" }
      : { ready: true, detail: reference };
  },
  provide: (context) => provideImage(context, REDIS),
});
