import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { BASE_IMAGE } from "./base-image.mjs";
import { hashImageInputs, imageInputs } from "./image-inputs.mjs";
import { PROJECT_ROOT } from "./paths.mjs";

/** @type {string} */
let root;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "setup-inputs-"));
  put("Dockerfile.secure", "FROM debian:bookworm-slim\n");
  put("packages/execd/package.json", '{"version":"0.1.0"}');
  put("packages/execd/go.mod", "module execd\n");
  put("packages/execd/cmd/execd/main.go", "package main\n");
  put("packages/execd/internal/a/a.go", "package a\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param {string} file @param {string} content */
function put(file, content) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), content);
}

test("the hash is the same for the same sources", () => {
  assert.match(hashImageInputs(root), /^[0-9a-f]{64}$/);
  assert.equal(hashImageInputs(root), hashImageInputs(root));
});

for (const file of [
  "Dockerfile.secure",
  "packages/execd/go.mod",
  "packages/execd/package.json",
  "packages/execd/cmd/execd/main.go",
  "packages/execd/internal/a/seccomp.json",
]) {
  test(`a change of ${file} changes the hash`, () => {
    const before = hashImageInputs(root);
    put(file, "changed\n");
    assert.notEqual(hashImageInputs(root), before);
  });
}

test("moving text from one file to another changes the hash", () => {
  put("packages/execd/internal/a/a.go", "xy");
  put("packages/execd/internal/a/b.go", "z");
  const before = hashImageInputs(root);
  put("packages/execd/internal/a/a.go", "x");
  put("packages/execd/internal/a/b.go", "yz");
  assert.notEqual(hashImageInputs(root), before);
});

test("what does not reach the image does not change the hash", () => {
  const before = hashImageInputs(root);
  for (const file of [
    "cmd/execd/main_test.go",
    "internal/a/testdata/x.json",
    "dist/execd-linux-amd64",
    "README.md",
    "testdata/vectors.json",
  ]) {
    put(`packages/execd/${file}`, "something\n");
  }
  assert.equal(hashImageInputs(root), before);
});

test("Dockerfile.secure copies what is hashed, and is built from the one base image that set-up provides", () => {
  const dockerfile = readFileSync(path.join(PROJECT_ROOT, "Dockerfile.secure"), "utf8");
  const copied = [...dockerfile.matchAll(/^COPY (packages\/.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? "").split(" "),
  );
  const hashed = imageInputs(PROJECT_ROOT).filter((file) => file !== "Dockerfile.secure");
  const isBelow = (/** @type {string} */ file, /** @type {string} */ source) =>
    file === source || file.startsWith(`${source}/`);
  assert.deepEqual(
    hashed.filter((file) => !copied.some((source) => isBelow(file, source))),
    [],
  );
  assert.deepEqual(
    copied.filter((source) => !hashed.some((file) => isBelow(file, source))),
    [],
  );
  const bases = new Set([...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]));
  assert.deepEqual([...bases].sort(), [BASE_IMAGE, "scratch"]);
});
