import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { userSettings } from "./dot-env.mjs";

test("the file beside docker-compose.yml is read, and the environment wins over it", () => {
  const root = mkdtempSync(path.join(os.tmpdir(), "dot-env-"));
  try {
    assert.deepEqual(userSettings({ root, env: { A: "1" } }), { A: "1" });
    writeFileSync(path.join(root, ".env"), "A=file\n# B=no\nC='with space' # comment\n");
    assert.deepEqual(userSettings({ root, env: { A: "1" } }), { A: "1", C: "with space" });
  } finally {
    rmSync(root, { recursive: true });
  }
});
