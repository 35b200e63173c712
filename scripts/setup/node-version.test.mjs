import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MINIMUM_NODE, isAtLeast, nodeVersion } from "./node-version.mjs";

for (const [version, enough] of /** @type {const} */ ([
  ["v20.19.0", true],
  ["v20.18.9", false],
  ["v20.20.1", true],
  ["v18.99.0", false],
  ["v22.0.0", true],
  ["v100.0.0", true],
  ["v20.19.0-nightly2025", true],
])) {
  test(`${version} is ${enough ? "" : "not "}enough`, () =>
    assert.equal(isAtLeast(version, MINIMUM_NODE), enough));
}

test("package.json asks for the same version", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  assert.equal(manifest.engines.node, `>=${MINIMUM_NODE.replace(/\.0$/, "")}`);
});

test("an old Node.js is answered with commands", async () => {
  await assert.rejects(nodeVersion.provide(), { name: "SetupFailure" });
});
