import assert from "node:assert/strict";
import { test } from "node:test";
import { HELP, STEP_NAMES, parseOptions } from "./options.mjs";

test("without arguments every step runs and everything is printed", () => {
  assert.deepEqual(parseOptions([]), {
    check: false,
    quiet: false,
    rebuild: false,
    help: false,
    only: STEP_NAMES,
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

for (const wrong of ["--chek", "check", "--only=engines", "--only=", "--check=yes"]) {
  test(`${wrong} is refused rather than ignored`, () => {
    assert.throws(() => parseOptions([wrong]), { name: "SetupFailure" });
  });
}

test("the help names every step", () => {
  for (const step of STEP_NAMES) assert.ok(HELP.includes(step));
});
