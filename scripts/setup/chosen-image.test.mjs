import assert from "node:assert/strict";
import { test } from "node:test";
import { findImage, provideImage } from "./chosen-image.mjs";
import { createReporter } from "./reporter.mjs";

/**
 * An engine that has some images, each with the label of its inputs, and a registry that has others.
 * @param {{ images?: Record<string, string>, registry?: string[], env?: NodeJS.ProcessEnv }} given
 */
function world({ images = {}, registry = [], env = {} }) {
  const run = async (/** @type {string} */ _program, /** @type {readonly string[]} */ args) => {
    const reference = args.at(-1) ?? "";
    if (args[0] === "pull") {
      if (registry.includes(reference)) images[reference] = "";
      return { code: registry.includes(reference) ? 0 : 1, stdout: "", output: "" };
    }
    const label = images[reference];
    if (label === undefined) return { code: 1, stdout: "", output: "No such image" };
    const stdout = args.some((text) => text.includes("Labels")) ? label : `id-${reference} 1000000`;
    return { code: 0, stdout: `${stdout}\n`, output: "" };
  };
  const choice = {
    variable: "X_IMAGE",
    official: "x:1",
    local: "own-x:1",
    inputs: () => "hash",
    build: async () => void (images["own-x:1"] = "hash"),
  };
  const report = createReporter({ output: { write: () => true }, quiet: true });
  return { choice, context: /** @type {any} */ ({ run, report, env, root: "/nowhere" }) };
}

test("of the images that are there: one's own choice, the published one, the substitute", async () => {
  const images = { "x:1": "", "own-x:1": "hash", "my/x": "" };
  const all = world({ images: { ...images }, env: { X_IMAGE: "my/x" } });
  assert.equal(await findImage(all.context, all.choice), "my/x");
  const published = world({ images: { ...images } });
  assert.equal(await findImage(published.context, published.choice), "x:1");
  const substitute = world({ images: { "own-x:1": "hash" } });
  assert.equal(await findImage(substitute.context, substitute.choice), "own-x:1");
});

test("a choice that is not there is not replaced by another, nor is an old substitute used", async () => {
  const absent = world({ images: { "x:1": "" }, env: { X_IMAGE: "my/x" } });
  assert.equal(await findImage(absent.context, absent.choice), undefined);
  const old = world({ images: { "own-x:1": "other hash" } });
  assert.equal(await findImage(old.context, old.choice), undefined);
});

test("with a registry the published image is pulled, without one the substitute is built", async () => {
  const online = world({ registry: ["x:1"] });
  await provideImage(online.context, online.choice);
  assert.equal(await findImage(online.context, online.choice), "x:1");
  const offline = world({});
  await provideImage(offline.context, offline.choice);
  assert.equal(await findImage(offline.context, offline.choice), "own-x:1");
});

test("a choice that cannot be had is a failure that names the variable", async () => {
  const offline = world({ registry: ["x:1"], env: { X_IMAGE: "my/x" } });
  await assert.rejects(provideImage(offline.context, offline.choice), {
    name: "SetupFailure",
    message: /my\/x.*X_IMAGE/,
  });
});
