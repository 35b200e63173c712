import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { buildImage, buildRecipe } from "./docker-build.mjs";
import { PROJECT_ROOT } from "./paths.mjs";

/**
 * The build command and its variables, on a machine with or without buildx.
 * @param {{ buildx: boolean, env?: NodeJS.ProcessEnv }} machine
 * @param {Partial<Parameters<typeof buildImage>[1]>} [image]
 */
async function buildOn(machine, image = {}) {
  return built(machine, (context) =>
    buildImage(context, { tag: "t:latest", inputs: "abc", ...image }),
  );
}

/**
 * @param {{ buildx: boolean, env?: NodeJS.ProcessEnv }} machine
 * @param {(context: any) => Promise<void>} build
 */
async function built({ buildx, env = {} }, build) {
  const answers = /** @type {Record<string, { code: number, stdout: string }>} */ ({
    "docker buildx": { code: buildx ? 0 : 1, stdout: "" },
    "docker context": { code: 0, stdout: "colima unix:///home/u/.colima/docker.sock\n" },
    "docker version": { code: 0, stdout: '{"Os":"linux","Version":"28.2.2"}' },
  });
  const run = async (/** @type {string} */ command, /** @type {readonly string[]} */ args) => {
    const answer = answers[`${command} ${args[0]}`] ?? { code: 1, stdout: "" };
    return { ...answer, output: answer.stdout };
  };
  /** @type {{ args: readonly string[], env: Record<string, string> } | undefined} */
  let asked;
  const must = async (
    /** @type {string} */ _what,
    /** @type {string} */ _command,
    /** @type {readonly string[]} */ args,
    /** @type {any} */ options,
  ) => {
    asked = { args, env: options.env };
  };
  const context = /** @type {any} */ ({
    root: PROJECT_ROOT,
    env: { PATH: process.env["PATH"], ...env },
    run,
    must,
  });
  await build(context);
  assert.ok(asked);
  return asked;
}

test("without buildx the classic builder is asked for, whatever DOCKER_BUILDKIT says", async () => {
  const { env } = await buildOn({ buildx: false, env: { DOCKER_BUILDKIT: "1" } });
  assert.deepEqual(env, { DOCKER_BUILDKIT: "0" });
});

test("the image carries the hash of its inputs and execd's version", async () => {
  const { args } = await buildOn({ buildx: false });
  assert.ok(args.includes("SANDBOX_INPUTS=abc"));
  const manifest = readFileSync(path.join(PROJECT_ROOT, "packages/execd/package.json"), "utf8");
  assert.ok(args.includes(`EXECD_VERSION=${JSON.parse(manifest).version}`));
  assert.ok(!args.includes("--no-cache") && !args.includes("--target"));
});

test("a fresh build uses no cache, a stage is named", async () => {
  const { args } = await buildOn({ buildx: false }, { fresh: true, target: "execd" });
  assert.ok(args.includes("--no-cache"));
  assert.equal(args[args.indexOf("--target") + 1], "execd");
});

test("the proxy variables that are set reach the build by name, so that no password is logged", async () => {
  const { args } = await buildOn({
    buildx: false,
    env: { https_proxy: "http://user:secret@p:1", no_proxy: "", OTHER: "x" },
  });
  assert.equal(args[args.indexOf("https_proxy") - 1], "--build-arg");
  assert.ok(!args.some((argument) => /^no_proxy|OTHER|secret/.test(argument)));
});

test("the classic builder leaves no container of a failed step behind; buildx has none", async () => {
  assert.ok((await buildOn({ buildx: false })).args.includes("--force-rm"));
  assert.ok(!(await buildOn({ buildx: true })).args.includes("--force-rm"));
});

test("private values reach the build by name; another folder is its context", async () => {
  const { args, env } = await built({ buildx: false }, (context) =>
    buildRecipe(context, {
      file: "a/x.Dockerfile",
      folder: "a",
      tag: "x:1",
      values: { OPEN: "1" },
      privateValues: { SECRET: "hidden" },
    }),
  );
  assert.equal(args.at(-1), "a");
  assert.ok(args.includes("OPEN=1") && args.includes("SECRET"));
  assert.ok(!args.some((argument) => argument.includes("hidden")));
  assert.equal(env["SECRET"], "hidden");
});
