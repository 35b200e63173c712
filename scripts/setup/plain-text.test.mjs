import assert from "node:assert/strict";
import { test } from "node:test";
import { plain } from "./plain-text.mjs";

test("colours and cursor movements are removed", () => {
  assert.equal(plain("\u001b[91m# execd\u001b[0m\u001b[2K ok"), "# execd ok");
});

test("of a line that a progress bar rewrote, the last state remains", () => {
  assert.equal(plain("10 %\r50 %\r100 %"), "100 %");
  assert.equal(plain("100 %\r"), "100 %");
});

test("ordinary text, accents and tabs included, is left as it is", () => {
  assert.equal(plain("  naïve\t→ text"), "  naïve\t→ text");
});
