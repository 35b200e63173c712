import assert from "node:assert/strict";
import { test } from "node:test";
import { composeMissing, findCompose, installCompose } from "./compose-program.mjs";
import { createReporter } from "./reporter.mjs";

const debian = /** @type {const} */ ({
  platform: "linux",
  isRoot: true,
  system: "Debian",
  usesApt: true,
  hasSystemd: false,
});

/**
 * A machine whose archive has some packages, each of which brings a program.
 * @param {{ plugin?: string, program?: string, archive?: Record<string, { plugin?: string, program?: string }> }} given versions
 */
function machine({ plugin, program, archive = {} }) {
  const state = { plugin, program, installed: /** @type {string[]} */ ([]) };
  const run = async (/** @type {string} */ command, /** @type {readonly string[]} */ args) => {
    const last = args.at(-1) ?? "";
    const found = (/** @type {string | undefined} */ version) => ({
      code: version === undefined ? 1 : 0,
      stdout: `${version ?? ""}\n`,
      output: "",
    });
    if (command === "docker") return found(state.plugin);
    if (command === "docker-compose") return found(state.program);
    if (command === "apt-cache")
      return { ...found("x"), stdout: `Candidate: ${last in archive ? "1" : "(none)"}\n` };
    if (command === "apt-get" && args[0] === "install") {
      state.installed.push(last);
      Object.assign(state, archive[last]);
    }
    return { code: 0, stdout: "", output: "" };
  };
  const must = async (
    /** @type {string} */ _what,
    /** @type {string} */ command,
    /** @type {readonly string[]} */ args,
  ) => run(command, args);
  const report = createReporter({ output: { write: () => true }, quiet: true });
  return { state, context: /** @type {any} */ ({ run, must, report, host: debian }) };
}

const found = async (/** @type {Parameters<typeof machine>[0]} */ given) => {
  const compose = await findCompose(machine(given).context);
  return compose && [compose.command, ...compose.args, compose.version].join(" ");
};

test("the plugin comes before the program, whichever is there is used", async () => {
  assert.equal(await found({ plugin: "2.26.1-4", program: "1.29.2" }), "docker compose 2.26.1-4");
  assert.equal(await found({ plugin: "v2.3.0" }), "docker compose 2.3.0");
  assert.equal(await found({ program: "1.29.2" }), "docker-compose 1.29.2");
  assert.equal(await found({}), undefined);
});

test("one that is too old does not count", async () => {
  assert.equal(await found({ program: "1.25.0" }), undefined);
});

test("Debian and Ubuntu get the newest generation that their archive has", async () => {
  const old = machine({ archive: { "docker-compose": { program: "1.29.2" } } });
  assert.equal((await installCompose(old.context)).version, "1.29.2");
  const ubuntu = machine({
    archive: { "docker-compose-v2": { plugin: "2.20.2" }, "docker-compose": { program: "1.29.2" } },
  });
  assert.equal((await installCompose(ubuntu.context)).version, "2.20.2");
  assert.deepEqual(ubuntu.state.installed, ["docker-compose-v2"]);
});

test("elsewhere, and where the archive's is too old, a person is told what to install", async () => {
  const outdated = machine({ archive: { "docker-compose": { program: "1.25.0" } } });
  await assert.rejects(installCompose(outdated.context), { name: "SetupFailure" });
  for (const host of [
    { ...debian, isRoot: false },
    { ...debian, usesApt: false },
    { ...debian, platform: /** @type {const} */ ("darwin"), usesApt: false },
  ]) {
    const { context, state } = machine({ archive: { "docker-compose": { program: "1.29.2" } } });
    await assert.rejects(installCompose({ ...context, host }), { name: "SetupFailure" });
    assert.deepEqual(state.installed, []);
    assert.ok(composeMissing(host).advice.length > 1);
  }
});
