import assert from "node:assert/strict";
import { test } from "node:test";
import { SetupFailure, describeFailure } from "./failure.mjs";

test("a set-up failure is shown as what is wrong and what to do, without a stack", () => {
  const shown = describeFailure(
    new SetupFailure("No Docker engine answers.", ["Start it: systemctl start docker"]),
  );
  assert.equal(
    shown,
    "No Docker engine answers.\n\nWhat to do:\n  Start it: systemctl start docker",
  );
});

test("a defect keeps its stack", () => {
  assert.match(
    describeFailure(new TypeError("x is not a function")),
    /TypeError: x is not a function\n\s+at /,
  );
});

test("an interrupted set-up can carry the exit code of its signal", () => {
  assert.equal(new SetupFailure("Interrupted.", [], { exitCode: 130 }).exitCode, 130);
  assert.equal(new SetupFailure("Broken.").exitCode, 1);
});

test("a file system that refuses is explained rather than shown as a defect", () => {
  const denied = Object.assign(new Error("EACCES: permission denied, mkdir '.build'"), {
    code: "EACCES",
  });
  const shown = describeFailure(denied);
  assert.ok(shown.includes("permission denied, mkdir") && shown.includes("chown"));
  assert.doesNotMatch(shown, /\n\s+at /);
});
