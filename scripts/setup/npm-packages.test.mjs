import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { npmPackages, staleReason } from "./npm-packages.mjs";
import { createReporter } from "./reporter.mjs";

const machine = { platform: "linux", arch: "x64" };
const lock = {
  packages: {
    "": { version: "0.1.0" },
    "packages/contract": { version: "0.1.0" },
    "node_modules/@sandbox-system/contract": { link: true },
    "node_modules/express": { version: "5.1.0", integrity: "sha512-a" },
    "node_modules/fsevents": {
      version: "2.3.3",
      integrity: "sha512-b",
      optional: true,
      os: ["darwin"],
    },
  },
};
const installed = {
  packages: {
    "packages/contract": { version: "0.1.0" },
    "node_modules/@sandbox-system/contract": { link: true },
    "node_modules/express": { version: "5.1.0", integrity: "sha512-a" },
  },
};

test("what npm installed from this lock file is accepted, optional packages of other systems aside", () => {
  assert.equal(staleReason(lock, installed, machine), undefined);
});

for (const [what, express] of /** @type {const} */ ([
  ["another version", { version: "5.0.0", integrity: "sha512-a" }],
  ["other bytes of the same version", { version: "5.1.0", integrity: "sha512-z" }],
  ["a package that is not there", undefined],
])) {
  test(`${what} is out of date`, () => {
    const packages = { ...installed.packages, "node_modules/express": express };
    if (express === undefined) delete packages["node_modules/express"];
    assert.equal(
      staleReason(lock, /** @type {any} */ ({ packages }), machine),
      "out of date with package-lock.json",
    );
  });
}

test("packages copied from another kind of machine are installed anew", () => {
  const copied = {
    packages: {
      ...installed.packages,
      "node_modules/fsevents": lock.packages["node_modules/fsevents"],
    },
  };
  assert.equal(staleReason(lock, copied, machine), "installed for another kind of machine");
  assert.equal(staleReason(lock, copied, { platform: "darwin", arch: "arm64" }), undefined);
});

test("an exclusion allows every other system", () => {
  const notOnWindows = { packages: { "node_modules/x": { os: ["!win32"] } } };
  assert.equal(staleReason({ packages: {} }, notOnWindows, machine), undefined);
  assert.equal(
    staleReason({ packages: {} }, notOnWindows, { platform: "win32", arch: "x64" }),
    "installed for another kind of machine",
  );
});

test("after npm ci there is nothing to do, though it left out what nobody asks for any more", async () => {
  const root = mkdtempSync(path.join(os.tmpdir(), "setup-npm-"));
  try {
    const put = (/** @type {string} */ file, /** @type {unknown} */ content) =>
      writeFileSync(path.join(root, file), JSON.stringify(content));
    const left = { "node_modules/left-over": { version: "1.0.0" } };
    put("package-lock.json", { packages: { ...lock.packages, ...left } });
    const must = async () => {
      mkdirSync(path.join(root, "node_modules"), { recursive: true });
      put("node_modules/.package-lock.json", installed);
    };
    const report = createReporter({ output: { write: () => true }, quiet: true });
    const context = /** @type {any} */ ({ root, report, must });
    assert.equal((await npmPackages.inspect(context)).detail, "not installed");
    await npmPackages.provide(context);
    assert.equal((await npmPackages.inspect(context)).ready, true);
    put("package-lock.json", {
      packages: { ...lock.packages, "node_modules/new": { version: "1.0.0" } },
    });
    assert.equal((await npmPackages.inspect(context)).ready, false);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
