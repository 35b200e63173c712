import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_STEP_NAMES, HELP, STEP_NAMES, parseOptions } from "./options.mjs";

test("without arguments the default steps run and everything is printed", () => {
  assert.deepEqual(parseOptions([]), {
    check: false,
    quiet: false,
    rebuild: false,
    help: false,
    only: DEFAULT_STEP_NAMES,
  });
});

test("each flag sets itself alone", () => {
  for (const flag of ["check", "quiet", "rebuild", "help"]) {
    const on = Object.entries(parseOptions([`--${flag}`])).filter(([, value]) => value === true);
    assert.deepEqual(on, [[flag, true]]);
  }
  assert.equal(parseOptions(["-h"]).help, true);
});

test("chosen steps run in the order that they need, not the order given", () => {
  assert.deepEqual(parseOptions(["--only=image,engine"]).only, ["engine", "image"]);
});

test("the steps of the cluster run only when they are named", () => {
  const named = STEP_NAMES.filter((name) => !DEFAULT_STEP_NAMES.includes(name));
  assert.deepEqual(named, ["redis", "cluster"]);
  assert.deepEqual(parseOptions(["--only=cluster,redis"]).only, ["redis", "cluster"]);
});

for (const wrong of ["--chek", "check", "--only=engines", "--only=", "--check=yes"]) {
  test(`${wrong} is refused rather than ignored`, () => {
    assert.throws(() => parseOptions([wrong]), { name: "SetupFailure" });
  });
}

test("the help names every step", () => {
  for (const step of STEP_NAMES) assert.ok(HELP.includes(step));
});
