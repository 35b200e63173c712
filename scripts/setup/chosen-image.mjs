import { imageId, imageInputsLabel, replaceImage } from "./docker-image.mjs";
import { userSettings } from "./dot-env.mjs";
import { SetupFailure } from "./failure.mjs";
import { pullImage } from "./image-pull.mjs";

/**
 * An image that others publish, and that set-up can make a substitute for where no registry is in reach.
 *
 * @typedef {object} ImageChoice
 * @property {string} variable by which a person, and then set-up, tells Compose which one to use
 * @property {string} official the published one, Compose's default
 * @property {string} local tag of the substitute
 * @property {(root: string) => string} inputs hash of the substitute's recipe
 * @property {(context: import("./step.mjs").Context) => Promise<void>} build makes the substitute
 *
 * @typedef {Pick<import("./step.mjs").Context, "run" | "root" | "env">} Asks
 */

/**
 * The image to use among those that the engine has: a person's own choice, else the published one, else the substitute, unless its recipe
 * has changed since.
 * @param {Asks} context
 * @param {ImageChoice} choice
 * @returns {Promise<string | undefined>} undefined when there is none yet
 */
export async function findImage(context, { variable, official, local, inputs }) {
  const wanted = userSettings(context)[variable];
  if (wanted) return (await imageId(context, wanted)) === undefined ? undefined : wanted;
  if ((await imageId(context, official)) !== undefined) return official;
  return (await imageInputsLabel(context, local)) === inputs(context.root) ? local : undefined;
}

/**
 * Gets the image: pulled, or the substitute built. Under `--rebuild` also where one is there already.
 * @param {import("./step.mjs").Context} context
 * @param {ImageChoice} choice
 * @returns {Promise<string>} what was done, a few words
 * @throws {SetupFailure} when a person's own choice cannot be had, or the substitute cannot be built
 */
export async function provideImage(context, choice) {
  const wanted = userSettings(context)[choice.variable];
  if (wanted) {
    if (await pullImage(context, wanted)) return `${wanted} pulled`;
    if ((await imageId(context, wanted)) !== undefined) return wanted;
    throw new SetupFailure(`The image ${wanted}, which ${choice.variable} names, cannot be had.`, [
      `See why:                    docker pull ${wanted}`,
      `Or go without your choice:  unset ${choice.variable} (and take it out of .env)`,
    ]);
  }
  if (await pullImage(context, choice.official)) return `${choice.official} pulled`;
  context.report.doing(`no registry in reach: building ${choice.local}`);
  return replaceImage(context, choice.local, () => choice.build(context));
}
