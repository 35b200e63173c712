/**
 * Questions to the engine about images, shared by the steps that provide one.
 *
 * @typedef {Pick<import("./step.mjs").Context, "run">} Runs
 */

/**
 * A field of an image, by a Go template of `docker image inspect`.
 * @param {Runs} context
 * @param {string} reference
 * @param {string} template
 * @returns {Promise<string | undefined>} undefined when the engine does not have the image
 */
async function imageField({ run }, reference, template) {
  const asked = await run("docker", ["image", "inspect", "--format", template, reference], {
    aside: true,
  });
  return asked.code === 0 ? asked.stdout.trim() : undefined;
}

/**
 * @param {Runs} context
 * @param {string} reference
 * @returns {Promise<string | undefined>} its id; undefined when the engine does not have it
 */
export function imageId(context, reference) {
  return imageField(context, reference, "{{.Id}}");
}

/**
 * The hash of the sources that an image of ours was built from.
 * @param {Runs} context
 * @param {string} reference
 * @returns {Promise<string | undefined>} "" when it carries none, undefined when the engine does not have the image
 */
export function imageInputsLabel(context, reference) {
  return imageField(context, reference, '{{index .Config.Labels "sandbox.inputs"}}');
}

/**
 * Builds an image in the place of the one that has its tag, which is then removed: nobody can name it any more. The engine keeps it where a
 * container still runs from it, or another tag names it.
 * @param {Runs} context
 * @param {string} tag
 * @param {() => Promise<void>} build
 * @returns {Promise<string>} what came of it, a few words
 */
export async function replaceImage(context, tag, build) {
  const previous = await imageId(context, tag);
  await build();
  const made = await imageField(context, tag, "{{.Id}} {{.Size}}");
  const [id, size] = (made ?? "").split(" ");
  if (previous !== undefined && previous !== id)
    await context.run("docker", ["image", "rm", previous]);
  return `${tag} built, ${Math.round(Number(size) / 1e6)} MB`;
}
