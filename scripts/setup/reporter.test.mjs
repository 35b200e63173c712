import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createReporter, formatElapsed } from "./reporter.mjs";

/** @param {{ isTTY?: boolean, columns?: number }} [terminal] */
function recorder(terminal = {}) {
  const written = /** @type {string[]} */ ([]);
  return {
    written,
    output: { ...terminal, write: (/** @type {string} */ text) => written.push(text) },
  };
}

test("a quick step that was there already is one short line", () => {
  const { written, output } = recorder();
  const report = createReporter({ output, now: () => 0 });
  report.begin("node");
  report.end("ok", "20.20.0");
  assert.deepEqual(written, ["ok       node              20.20.0\n"]);
});

test("without a terminal a long step says every ten seconds that it runs, and how long it took", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    let clock = 0;
    const { written, output } = recorder();
    const report = createReporter({ output, now: () => clock });
    report.begin("image");
    report.doing("building");
    report.heard("\u001b[32mStep 3/9\u001b[0m : RUN apt-get update");
    clock = 10_000;
    mock.timers.tick(10_000);
    clock = 12_000;
    report.end("done", "built");
    mock.timers.tick(60_000);
    assert.deepEqual(written, [
      "...      image             building\n",
      "...      image             10 s · Step 3/9 : RUN apt-get update\n",
      "done     image             built (12 s)\n",
    ]);
  } finally {
    mock.timers.reset();
  }
});

test("on a terminal the line never passes its width", () => {
  const { written, output } = recorder({ isTTY: true, columns: 40 });
  const report = createReporter({ output, now: () => 0 });
  report.begin("image");
  report.doing("building something with a very long description");
  report.end("ok", "x");
  const drawn = written[0]?.replace("\r\u001b[2K", "") ?? "";
  assert.equal(drawn.length, 39);
});

test("quiet writes nothing", () => {
  const { written, output } = recorder();
  const report = createReporter({ output, quiet: true, now: () => 0 });
  report.begin("image");
  report.doing("building");
  report.say("a word");
  report.end("done", "built");
  assert.deepEqual(written, []);
});

test("elapsed time is in seconds, then in minutes", () => {
  assert.equal(formatElapsed(400), "0 s");
  assert.equal(formatElapsed(119_400), "119 s");
  assert.equal(formatElapsed(125_000), "2 min 5 s");
});
