#!/usr/bin/env node
/**
 * Completes package-lock.json: `node scripts/complete-lock.mjs`, after every `npm install` that changed it. With `--check` it only says
 * what is missing, and exits 1 if anything is.
 *
 * Some packages come with a native part for each platform, as optional dependencies. An npm registry that does not carry all of those makes
 * `npm install` leave them out of the lock file without a word, and `npm ci` then refuses that file everywhere, and a person on one of the
 * platforms left out would lack the native part. This adds their entries; they are only ever fetched on the platform that they name.
 */
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT_ROOT } from "./setup/paths.mjs";

/** Names of systems and processors as Node.js says them, by how they stand in the names of packages. */
const SYSTEMS = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {Record<string, string>} [optionalDependencies]
 * @typedef {Record<string, LockEntry>} LockPackages
 */

/**
 * The entries that a lock file lacks: an optional dependency of a locked package that nothing in the file resolves.
 * @param {LockPackages} packages of a lock file
 * @returns {LockPackages} what to add; empty when the file is complete
 */
export function missingOptionals(packages) {
  const missing = Object.entries(packages).flatMap(([location, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !resolves(packages, location, name))
      .map(([name, version]) => [
        `node_modules/${name}`,
        entryFor(name, version, entry.dev === true),
      ]),
  );
  return Object.fromEntries(missing);
}

/**
 * Whether a package at `location` would find `name`, looking through the node_modules folders above it as Node.js does.
 * @param {LockPackages} packages
 * @param {string} location
 * @param {string} name
 */
function resolves(packages, location, name) {
  const above = location
    .split("/node_modules/")
    .map((_, index, parts) => parts.slice(0, index + 1).join("/node_modules/"));
  return ["", ...above].some(
    (folder) => `${folder === "" ? "" : `${folder}/`}node_modules/${name}` in packages,
  );
}

/**
 * @param {string} name
 * @param {string} version an exact one: platform packages are released together with the package that asks for them
 * @param {boolean} dev
 * @returns {LockEntry}
 */
function entryFor(name, version, dev) {
  if (!/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`${name}: "${version}" is not an exact version; add it by hand`);
  const words = name.split(/[/-]/);
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const os = SYSTEMS.find((system) => words.includes(system));
  if (os === undefined)
    throw new Error(`${name}: no system is recognised in the name; add it by hand`);
  return {
    version,
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(dev ? { dev } : {}),
    optional: true,
    os: [os],
  };
}

/**
 * @param {readonly string[]} argv
 * @returns {number} exit code
 */
function main(argv) {
  const check = argv[0] === "--check";
  if (argv.length > (check ? 1 : 0)) {
    process.stderr.write(`Unknown arguments: ${argv.join(" ")}; the only one is --check.\n`);
    return 2;
  }
  const file = path.join(PROJECT_ROOT, "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const missing = missingOptionals(lock.packages);
  const names = Object.keys(missing);
  if (names.length === 0) {
    process.stdout.write("package-lock.json is complete.\n");
    return 0;
  }
  if (!check) {
    // npm's own order, so that the next `npm install` does not shuffle the file.
    const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) =>
      a.localeCompare(b, "en"),
    );
    writeFileSync(
      file,
      `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
    );
  }
  const listed = names.map((name) => `  ${name.replace("node_modules/", "")}\n`).join("");
  process.stdout.write(
    `${names.length} entries ${check ? "missing in" : "added to"} package-lock.json:\n${listed}`,
  );
  return check ? 1 : 0;
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  process.exitCode = main(process.argv.slice(2));
}
