import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * @typedef {object} Host what set-up needs to know about the machine to decide what it may do there
 * @property {NodeJS.Platform} platform
 * @property {boolean} isRoot
 * @property {string} system what it calls itself, for messages: "Debian GNU/Linux 12 (bookworm)"
 * @property {boolean} usesApt Debian or something made from it, with apt
 * @property {boolean} hasSystemd systemd runs, so that services are its business
 */

/**
 * Looks at this machine; changes nothing.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Host}
 */
export function detectHost(env) {
  const release = existsSync("/etc/os-release")
    ? parseOsRelease(readFileSync("/etc/os-release", "utf8"))
    : {};
  const family = [release["ID"], ...(release["ID_LIKE"] ?? "").split(" ")];
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    system: release["PRETTY_NAME"] ?? `${os.type()} ${os.release()}`,
    usesApt:
      (family.includes("debian") || family.includes("ubuntu")) &&
      findProgram("apt-get", env) !== undefined,
    hasSystemd: existsSync("/run/systemd/system"),
  };
}

/**
 * The fields of /etc/os-release, values without their quotes.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function parseOsRelease(text) {
  const fields = text.split("\n").flatMap((line) => {
    const found = /^([A-Z_0-9]+)=(["']?)(.*)\2$/.exec(line.trim());
    return found ? [[found[1] ?? "", found[3] ?? ""]] : [];
  });
  return Object.fromEntries(fields);
}

/**
 * The environment in which set-up runs commands. On Linux the folders of system programs are added to PATH: root's own PATH lacks
 * them after a plain `su`, and dockerd itself looks for iptables there.
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} [platform]
 * @returns {NodeJS.ProcessEnv}
 */
export function commandEnvironment(env, platform = process.platform) {
  if (platform !== "linux") return env;
  const folders = (env["PATH"] ?? "").split(":").filter(Boolean);
  const missing = ["/usr/local/sbin", "/usr/sbin", "/sbin"].filter(
    (folder) => !folders.includes(folder),
  );
  return { ...env, PATH: [...folders, ...missing].join(":") };
}

/**
 * Where a program is.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env whose PATH is searched
 * @returns {string | undefined} its path; undefined when there is none
 */
export function findProgram(name, env) {
  const names = process.platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name];
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(path.delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((file) => path.join(folder, file))).find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
