import assert from "node:assert/strict";
import { test } from "node:test";
import { isRunning } from "./dockerd.mjs";

for (const [what, stat, expected] of /** @type {const} */ ([
  ["the program itself runs", "812 (dockerd) S 1 812 812 0 -1", true],
  ["another program that got the number does not count", "812 (bash) S 1 812 812 0 -1", false],
  ["a dead process that nobody collected does not count", "812 (dockerd) Z 1 812 812 0 -1", false],
  ["a name with brackets is not mistaken for the state", "812 (a) (dockerd) S 1 812", false],
  ["no process at all", "", false],
])) {
  test(`an engine's pid file: ${what}`, () => assert.equal(isRunning(stat, "dockerd"), expected));
}
