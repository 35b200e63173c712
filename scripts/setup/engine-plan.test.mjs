import assert from "node:assert/strict";
import { test } from "node:test";
import { planEngine } from "./engine-plan.mjs";
import { engineRefusal } from "./engine-advice.mjs";
import { readAnswer } from "./engine-probe.mjs";

const bareDebian = /** @type {const} */ ({
  platform: "linux",
  isRoot: true,
  system: "Debian",
  usesApt: true,
  hasSystemd: false,
});
const silent = /** @type {const} */ ({
  answer: "silent",
  endpoint: "unix:///var/run/docker.sock",
  context: "default",
  chosen: false,
  version: "",
});

/**
 * The plan, and for a refusal its reason, of a bare Debian machine that differs in what is given.
 * @param {{ probe?: Partial<import("./engine-probe.mjs").EngineProbe>, host?: Partial<import("./host.mjs").Host>, hasDockerd?: boolean }} difference
 */
function plan({ probe = {}, host = {}, hasDockerd = false }) {
  const decided = planEngine({
    probe: { ...silent, ...probe },
    host: { ...bareDebian, ...host },
    hasDockerd,
  });
  return decided.because ?? decided.action;
}

const CASES = /** @type {const} */ ([
  [
    "an engine that answers is used, even by who could install another",
    { probe: { answer: "ready" } },
    "use",
  ],
  [
    "an engine that answers is used on any system",
    { probe: { answer: "ready" }, host: { platform: "darwin", isRoot: false, usesApt: false } },
    "use",
  ],
  ["a bare Debian as root gets an engine", {}, "install"],
  ["a bare Debian without root does not", { host: { isRoot: false } }, "not-root"],
  ["an engine that is installed is started, not installed again", { hasDockerd: true }, "start"],
  ["starting needs root", { hasDockerd: true, host: { isRoot: false } }, "not-root"],
  ["a Linux without apt is left alone", { host: { usesApt: false } }, "no-apt"],
  [
    "an installed engine is started on any Linux",
    { hasDockerd: true, host: { usesApt: false } },
    "start",
  ],
  [
    "macOS is left alone, as root too",
    { host: { platform: "darwin", usesApt: false } },
    "not-linux",
  ],
  [
    "Windows is left alone",
    { host: { platform: "win32", usesApt: false, isRoot: false } },
    "not-linux",
  ],
  [
    "a chosen engine that is silent is not replaced by another",
    { probe: { chosen: true } },
    "chosen-silent",
  ],
  [
    "a chosen engine that is silent is not started here either",
    { probe: { chosen: true }, hasDockerd: true },
    "chosen-silent",
  ],
  [
    "an engine that this user may not use is not replaced",
    { probe: { answer: "forbidden" } },
    "forbidden",
  ],
  [
    "Windows containers are of no use",
    { probe: { answer: "windows-containers" } },
    "windows-containers",
  ],
  [
    "an engine without a client program gets the program only",
    { probe: { answer: "no-client" } },
    "install-client",
  ],
  [
    "an engine without a client program, elsewhere",
    { probe: { answer: "no-client" }, host: { isRoot: false } },
    "no-client",
  ],
]);

for (const [what, difference, expected] of CASES) {
  test(what, () => assert.equal(plan(difference), expected));
}

test("every refusal comes with something to do, and commands that fit the machine", () => {
  const refused = CASES.filter(
    ([, , expected]) => !["use", "install", "start", "install-client"].includes(expected),
  );
  assert.ok(refused.length >= 7);
  for (const [, difference] of refused) {
    const facts = {
      probe: { ...silent, .../** @type {any} */ (difference).probe },
      host: { ...bareDebian, .../** @type {any} */ (difference).host },
      hasDockerd: false,
    };
    const { because } = planEngine(facts);
    assert.ok(because);
    assert.ok(engineRefusal(because, facts).advice.length > 0, because);
  }
  const onMac = engineRefusal("not-linux", {
    probe: silent,
    host: { ...bareDebian, platform: "darwin" },
    hasDockerd: false,
  });
  assert.ok(onMac.advice.some((line) => line.includes("brew install")));
  const unprivileged = engineRefusal("not-root", {
    probe: silent,
    host: { ...bareDebian, isRoot: false },
    hasDockerd: false,
  });
  assert.ok(unprivileged.advice.some((line) => line.includes("sudo apt-get install")));
  const installed = engineRefusal("not-root", {
    probe: silent,
    host: { ...bareDebian, isRoot: false },
    hasDockerd: true,
  });
  assert.ok(
    !installed.advice.some((line) => line.includes("apt-get install")),
    "it is installed already",
  );
});

test("the engine's answer is told apart by what docker version says", () => {
  assert.deepEqual(
    readAnswer({ code: 0, stdout: '{"Os":"linux","Version":"28.2.2"}\n', output: "" }),
    { answer: "ready", version: "28.2.2" },
  );
  assert.equal(
    readAnswer({ code: 0, stdout: '{"Os":"windows","Version":"28.2.2"}', output: "" }).answer,
    "windows-containers",
  );
  const denied =
    "null\npermission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
  assert.equal(readAnswer({ code: 1, stdout: "null\n", output: denied }).answer, "forbidden");
  assert.equal(
    readAnswer({ code: 1, stdout: "null\n", output: "null\nCannot connect to the Docker daemon" })
      .answer,
    "silent",
  );
});
