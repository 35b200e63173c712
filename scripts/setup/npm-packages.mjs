import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const LOCK = "package-lock.json";

/** npm's own record of what it installed, which it writes last. */
const RECORD = "node_modules/.package-lock.json";

/**
 * Hash of the lock file that our last `npm ci` succeeded with. npm rightly leaves out entries that no package.json asks for any more, and
 * their absence must not make every run install anew.
 */
const STAMP = "node_modules/.setup-lock-hash";

/**
 * @typedef {object} LockedPackage an entry of package-lock.json, as far as it matters here
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {string[]} [os] systems that it installs on; with "!" those it does not
 * @property {string[]} [cpu]
 *
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

/**
 * Why what is installed is not what the lock file asks for. By comparing npm's own record with the lock file, so that an install that somebody
 * made by hand counts too.
 * @param {Lock} lock package-lock.json
 * @param {Lock} installed npm's record
 * @param {{ platform: string, arch: string }} machine
 * @returns {"out of date with package-lock.json" | "installed for another kind of machine" | undefined} undefined when they agree
 */
export function staleReason(lock, installed, machine) {
  for (const [name, wanted] of Object.entries(lock.packages)) {
    const have = installed.packages[name];
    if (name === "" || (have === undefined && wanted.optional === true)) continue;
    if (
      have === undefined ||
      have.version !== wanted.version ||
      have.integrity !== wanted.integrity
    ) {
      return "out of date with package-lock.json";
    }
  }
  const foreign = Object.values(installed.packages).some(
    (entry) => !allows(entry.os, machine.platform) || !allows(entry.cpu, machine.arch),
  );
  return foreign ? "installed for another kind of machine" : undefined;
}

/**
 * @param {string[] | undefined} list
 * @param {string} value
 */
function allows(list, value) {
  if (list === undefined) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((entry) => entry.startsWith("!"));
}

/** The npm packages of every workspace, exactly those that package-lock.json names. */
export const npmPackages = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "npm packages",
  async inspect({ root }) {
    const reason = whatIsStale(root);
    return reason === undefined
      ? { ready: true, detail: "as package-lock.json says" }
      : { ready: false, detail: reason };
  },
  async provide({ root, report, must }) {
    report.doing("npm ci");
    // --include=dev: the build needs them, also where NODE_ENV=production would leave them out.
    await must(
      "Installing the npm packages",
      "npm",
      ["ci", "--include=dev", "--no-audit", "--no-fund"],
      {
        advice: [
          "Is the npm registry in reach?   npm ping",
          "Behind a proxy:                 npm config set proxy http://HOST:PORT",
        ],
      },
    );
    writeFileSync(path.join(root, STAMP), hashOf(path.join(root, LOCK)));
    return "installed";
  },
});

/**
 * @param {string} root
 * @returns {string | undefined} why there is something to install; undefined when there is nothing
 */
function whatIsStale(root) {
  const at = (/** @type {string} */ file) => path.join(root, file);
  const [lock, record, stamp] = [at(LOCK), at(RECORD), at(STAMP)];
  if (!existsSync(record)) return "not installed";
  const machine = { platform: process.platform, arch: process.arch };
  const reason = staleReason(readLock(lock), readLock(record), machine);
  if (reason !== "out of date with package-lock.json") return reason;
  return existsSync(stamp) && readFileSync(stamp, "utf8") === hashOf(lock) ? undefined : reason;
}

/** @param {string} file @returns {string} */
function hashOf(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** @param {string} file @returns {Lock} */
function readLock(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
