import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { clusterImageInputs, clusterImageRecipes } from "./cluster-images.mjs";
import { PROJECT_ROOT } from "./paths.mjs";

const RECIPES = Object.values(clusterImageRecipes({}));

const read = (/** @type {string} */ file) => readFileSync(path.join(PROJECT_ROOT, file), "utf8");

/**
 * The instructions of a stage, without comments; the stage's name is left out, because a builder's cache does not know it.
 * @param {string} dockerfile
 * @param {string} stage
 */
function instructions(dockerfile, stage) {
  const text = read(dockerfile).replaceAll(/^#.*\n/gm, "");
  const from = text
    .split(/^(?=FROM )/m)
    .find((part) => part.split("\n")[0]?.endsWith(` AS ${stage}`));
  assert.ok(from, `${dockerfile} has a stage ${stage}`);
  return from
    .replace(/ AS \S+/, "")
    .replaceAll(/\n{2,}/g, "\n")
    .trim();
}

test("the worker's agent comes from the cached layers of the sandbox image", () => {
  assert.equal(
    instructions("Dockerfile.worker", "agent"),
    instructions("Dockerfile.secure", "build"),
  );
});

test("the second image finds what the first compiled", () => {
  for (const stage of ["manifests", "compile"])
    assert.equal(
      instructions("Dockerfile.worker", stage),
      instructions("Dockerfile.coordinator", stage),
    );
});

test("the images run from Debian, without npm, and not as root for longer than they must", () => {
  for (const { file } of RECIPES)
    assert.match(instructions(file, "runtime"), /^FROM debian:bookworm-slim\n/);
  assert.match(instructions("Dockerfile.coordinator", "runtime"), /^USER 10001:10001$/m);
  assert.match(read("scripts/cluster/worker-entrypoint.sh"), /exec setpriv --reuid=/);
});

test("what is copied into an image decides about it, and nothing that is kept out of it", () => {
  for (const { file } of RECIPES) {
    const inputs = clusterImageInputs(PROJECT_ROOT, file);
    const copied = [...read(file).matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap((match) => (match[1] ?? "").split(" "))
      .filter((source) => source !== "packages");
    const lacking = copied.filter(
      (source) => !inputs.some((input) => input === source || input.startsWith(`${source}/`)),
    );
    assert.deepEqual(lacking, []);
    for (const name of [
      "package.json",
      "package-lock.json",
      "packages/contract/src/index.ts",
      file,
    ])
      assert.ok(inputs.includes(name), name);
    const strays = inputs.filter((input) => /\.test\.ts$|node_modules|\/dist\//.test(input));
    assert.deepEqual(strays, []);
  }
});

test("compose and set-up call the images alike", () => {
  const compose = read("docker-compose.yml");
  for (const { tag, file } of RECIPES) {
    assert.ok(compose.includes(`:-${tag}}`), tag);
    assert.ok(compose.includes(`dockerfile: ${file}`), file);
  }
});

test("a person may call the images otherwise", () => {
  const { worker, coordinator } = clusterImageRecipes({ WORKER_IMAGE: "registry.example/w:1" });
  assert.equal(worker.tag, "registry.example/w:1");
  assert.equal(coordinator.tag, "sandbox-coordinator:latest");
});
