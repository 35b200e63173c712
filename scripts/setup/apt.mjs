import { readdirSync, statSync } from "node:fs";
import path from "node:path";

const LISTS = "/var/lib/apt/lists";

/** Package lists older than this may name versions that the archive no longer has. */
const LISTS_FRESH_MS = 24 * 60 * 60 * 1000;

/** Another apt may be at work (unattended upgrades run minutes after boot); it is waited for this long. */
const LOCK_WAIT_SECONDS = 300;

/** Nobody is there to answer a package's question, and other services are not to be restarted for our packages. */
const QUIET = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1" };

/**
 * Installs Debian packages without what they merely recommend. Needs root. Repairs what an interrupted dpkg left behind first.
 * @param {Pick<import("./step.mjs").Context, "run" | "must" | "report">} context
 * @param {readonly string[]} names
 * @returns {Promise<void>}
 * @throws {import("./failure.mjs").SetupFailure} when apt cannot
 */
export async function installPackages({ run, must, report }, names) {
  const audit = await run("dpkg", ["--audit"]);
  if (audit.stdout.trim() !== "") {
    report.doing("finishing an interrupted installation of packages");
    await must("Finishing an interrupted installation", "dpkg", ["--configure", "-a"], {
      env: QUIET,
    });
  }
  // A repository that does not answer must not stop us when the packages come from another: so no `must` here.
  const update = async () => {
    report.doing("apt-get update");
    await run("apt-get", ["update"], { env: QUIET });
  };
  const install = [
    "install",
    "-y",
    "--no-install-recommends",
    "-o",
    `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`,
    ...names,
  ];
  const fresh = listsAreFresh(LISTS, Date.now());
  if (!fresh) await update();
  report.doing(`apt-get install ${names.join(" ")}`);
  if (fresh) {
    const first = await run("apt-get", install, { env: QUIET });
    if (first.code === 0) return;
    await update();
    report.doing(`apt-get install ${names.join(" ")}, once more`);
  }
  await must(`Installing ${names.join(", ")}`, "apt-get", install, {
    env: QUIET,
    advice: [
      "Is Debian's archive in reach?   apt-get update",
      "Behind a proxy, set http_proxy and https_proxy and run set-up again.",
    ],
  });
}

/**
 * Gets today's package lists unless there are some of the last 24 hours, so that {@link isInstallable} knows the archive. Needs root.
 * @param {Pick<import("./step.mjs").Context, "run" | "report">} context
 * @returns {Promise<void>}
 */
export async function refreshPackageLists({ run, report }) {
  if (listsAreFresh(LISTS, Date.now())) return;
  report.doing("apt-get update");
  await run("apt-get", ["update"], { env: QUIET });
}

/**
 * Whether the archive of this machine knows a package.
 * @param {Pick<import("./step.mjs").Context, "run">} context
 * @param {string} name
 * @returns {Promise<boolean>}
 */
export async function isInstallable({ run }, name) {
  const asked = await run("apt-cache", ["policy", name]);
  return /Candidate: (?!\(none\))/.test(asked.stdout);
}

/**
 * Whether there are package lists, and recent ones.
 * @param {string} folder
 * @param {number} now milliseconds since the epoch
 * @returns {boolean}
 */
export function listsAreFresh(folder, now) {
  try {
    const lists = readdirSync(folder).filter((name) => /_(In)?Release$/.test(name));
    // The lists carry the archive's times, not ours. apt works in partial/ even when it finds nothing new.
    const updatedAt = Math.max(
      ...[folder, path.join(folder, "partial")].map((touched) => statSync(touched).mtimeMs),
    );
    return lists.length > 0 && now - updatedAt < LISTS_FRESH_MS;
  } catch {
    return false;
  }
}
