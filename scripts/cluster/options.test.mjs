import assert from "node:assert/strict";
import { test } from "node:test";
import { HELP, parseClusterOptions } from "./options.mjs";

const nothing = { help: false, rebuild: false, images: false };

test("without arguments the cluster is started as it is", () => {
  assert.deepEqual(parseClusterOptions([]), { command: "up", ...nothing });
});

test("options of up", () => {
  assert.deepEqual(parseClusterOptions(["--scale=2", "--port=8001", "--rebuild"]), {
    command: "up",
    ...nothing,
    rebuild: true,
    scale: 2,
    port: 8001,
  });
  assert.equal(parseClusterOptions(["--scale=0"]).scale, 0);
});

test("the other commands, with what belongs to them", () => {
  assert.deepEqual(parseClusterOptions(["down", "--images"]), {
    command: "down",
    ...nothing,
    images: true,
  });
  assert.equal(parseClusterOptions(["logs", "worker1"]).service, "worker1");
  assert.equal(parseClusterOptions(["status"]).command, "status");
  assert.equal(parseClusterOptions(["down", "--help"]).help, true);
  assert.equal(parseClusterOptions(["-h"]).help, true);
});

for (const wrong of [
  ["start"],
  ["up", "worker1"],
  ["logs", "worker1", "worker2"],
  ["--scale"],
  ["--scale=x"],
  ["--scale=-1"],
  ["--scale=101"],
  ["--port=0"],
  ["--port=65536"],
  ["--rebuild=yes"],
  ["--images"],
  ["down", "--scale=1"],
  ["--volumes"],
]) {
  test(`"${wrong.join(" ")}" is refused rather than ignored`, () => {
    assert.throws(() => parseClusterOptions(wrong), { name: "SetupFailure" });
  });
}

test("the help names every command and option", () => {
  for (const word of ["up", "down", "status", "logs", "--scale", "--port", "--rebuild", "--images"])
    assert.ok(HELP.includes(word), word);
});
