import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { installPackages, isInstallable, listsAreFresh } from "./apt.mjs";
import { createReporter } from "./reporter.mjs";

const HOUR_MS = 3_600_000;
const NOW = 1_900_000_000_000;

/** @type {string} */
let folder;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "setup-apt-"));
  mkdirSync(path.join(folder, "partial"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @param {number} ageMs */
function touchedAgo(ageMs) {
  const when = (NOW - ageMs) / 1000;
  for (const touched of [folder, path.join(folder, "partial")]) utimesSync(touched, when, when);
}

test("package lists are fresh for a day after an update", () => {
  writeFileSync(path.join(folder, "archive_debian_dists_bookworm_InRelease"), "");
  touchedAgo(23 * HOUR_MS);
  assert.equal(listsAreFresh(folder, NOW), true);
  touchedAgo(25 * HOUR_MS);
  assert.equal(listsAreFresh(folder, NOW), false);
});

test("an emptied or missing folder of lists is not fresh, however recent", () => {
  touchedAgo(0);
  assert.equal(listsAreFresh(folder, NOW), false);
  assert.equal(listsAreFresh(path.join(folder, "none"), NOW), false);
});

/**
 * Stands for the machine: answers each command by its first words and notes what was run.
 * @param {Record<string, { code?: number, stdout?: string }[]>} answers the next answer for each command; success when there is none
 */
function machine(answers) {
  const ran = /** @type {string[]} */ ([]);
  const run = async (/** @type {string} */ command, /** @type {readonly string[]} */ args) => {
    const key = `${command} ${args[0]}`;
    ran.push(key);
    const { code = 0, stdout = "" } = answers[key]?.shift() ?? {};
    return { code, stdout, output: stdout };
  };
  const must = async (
    /** @type {string} */ _what,
    /** @type {string} */ command,
    /** @type {readonly string[]} */ args,
  ) => {
    const result = await run(command, args);
    if (result.code !== 0) throw new Error("must");
    return result;
  };
  return { ran, run, must, report: createReporter({ output: { write: () => true }, quiet: true }) };
}

test("an interrupted dpkg is finished before anything is installed", async () => {
  const { ran, ...context } = machine({
    "dpkg --audit": [{ stdout: "The following packages are only half configured" }],
  });
  await installPackages(context, ["docker.io"]);
  assert.deepEqual(ran.slice(0, 2), ["dpkg --audit", "dpkg --configure"]);
  assert.equal(ran.at(-1), "apt-get install");
});

test("a repository that does not answer does not stop an installation, a failed installation does", async () => {
  const lame = machine({ "apt-get update": [{ code: 100 }, { code: 100 }] });
  await installPackages(lame, ["docker.io"]);
  const broken = machine({ "apt-get install": [{ code: 100 }, { code: 100 }] });
  await assert.rejects(installPackages(broken, ["docker.io"]), /must/);
});

test("a package is installable when the archive has a candidate", async () => {
  const policy = (/** @type {string} */ stdout) => machine({ "apt-cache policy": [{ stdout }] });
  assert.equal(
    await isInstallable(
      policy("docker-cli:\n  Installed: (none)\n  Candidate: 26.1.5\n"),
      "docker-cli",
    ),
    true,
  );
  assert.equal(
    await isInstallable(
      policy("docker-cli:\n  Installed: (none)\n  Candidate: (none)\n"),
      "docker-cli",
    ),
    false,
  );
  assert.equal(await isInstallable(policy(""), "docker-cli"), false);
});
