import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { commandEnvironment, findProgram, parseOsRelease } from "./host.mjs";

test("os-release is read with and without quotes", () => {
  const text = `PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\n# comment\nHOME_URL='https://x/'\n`;
  assert.deepEqual(parseOsRelease(text), {
    PRETTY_NAME: "Ubuntu 24.04 LTS",
    ID: "ubuntu",
    ID_LIKE: "debian",
    HOME_URL: "https://x/",
  });
});

test("the folders of system programs are added once, after the person's own, on Linux only", () => {
  assert.equal(
    commandEnvironment({ PATH: "/usr/bin:/usr/sbin" }, "linux")["PATH"],
    "/usr/bin:/usr/sbin:/usr/local/sbin:/sbin",
  );
  assert.equal(commandEnvironment({ PATH: "/usr/bin" }, "darwin")["PATH"], "/usr/bin");
});

test("a program is found by PATH alone, and a folder is not a program", () => {
  assert.equal(
    findProgram(path.basename(process.execPath), { PATH: path.dirname(process.execPath) }),
    process.execPath,
  );
  assert.equal(findProgram(path.basename(process.execPath), { PATH: "" }), undefined);
  assert.equal(
    findProgram(path.basename(path.dirname(process.execPath)), {
      PATH: path.dirname(path.dirname(process.execPath)),
    }),
    undefined,
  );
});
