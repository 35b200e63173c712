import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { missingOptionals } from "./complete-lock.mjs";
import { PROJECT_ROOT } from "./setup/paths.mjs";

const parent = {
  version: "1.2.3",
  dev: true,
  optionalDependencies: { "@x/core-linux-x64-gnu": "1.2.3", "@x/core-darwin-arm64": "1.2.3" },
};

test("an optional package of another platform that the lock file lacks is found, with its platform", () => {
  const packages = {
    "": {},
    "node_modules/@x/core": parent,
    "node_modules/@x/core-linux-x64-gnu": { version: "1.2.3" },
  };
  assert.deepEqual(missingOptionals(packages), {
    "node_modules/@x/core-darwin-arm64": {
      version: "1.2.3",
      cpu: ["arm64"],
      dev: true,
      optional: true,
      os: ["darwin"],
    },
  });
});

test("one that is nested below the package that asks for it counts as there", () => {
  const packages = {
    "node_modules/a/node_modules/@x/core": parent,
    "node_modules/a/node_modules/@x/core-linux-x64-gnu": { version: "1.2.3" },
    "node_modules/a/node_modules/@x/core/node_modules/@x/core-darwin-arm64": { version: "1.2.3" },
  };
  assert.deepEqual(missingOptionals(packages), {});
});

test("a range cannot be locked by guessing", () => {
  const packages = { "node_modules/y": { optionalDependencies: { "y-linux-x64": "^1.0.0" } } };
  assert.throws(
    () => missingOptionals(packages),
    /y-linux-x64: "\^1\.0\.0" is not an exact version/,
  );
});

test("the lock file of this checkout is complete, so that npm ci accepts it everywhere", () => {
  const lock = JSON.parse(readFileSync(path.join(PROJECT_ROOT, "package-lock.json"), "utf8"));
  assert.deepEqual(Object.keys(missingOptionals(lock.packages)), []);
});
