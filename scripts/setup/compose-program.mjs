import { installPackages, isInstallable, refreshPackageLists } from "./apt.mjs";
import { SetupFailure } from "./failure.mjs";
import { isAtLeast } from "./node-version.mjs";

/** The oldest that knows what docker-compose.yml asks for: conditions in depends_on, and a dependency that runs to its end. */
const MINIMUM_COMPOSE = "1.29.0";

/** What Debian, Ubuntu and Docker's own archive call Compose, the newest generation first. */
const PACKAGES = ["docker-compose-plugin", "docker-compose-v2", "docker-compose"];

/** How each generation is called. */
const PROGRAMS = /** @type {const} */ ([["docker", "compose"], ["docker-compose"]]);

/**
 * @typedef {object} Compose
 * @property {string} command the program
 * @property {readonly string[]} args what comes before Compose's own arguments
 * @property {string} version "2.26.1"
 */

/**
 * The Compose of this machine: the plugin of the docker program, else the program docker-compose.
 * @param {Pick<import("./step.mjs").Context, "run">} context
 * @returns {Promise<Compose | undefined>} undefined when there is none, or one that is too old
 */
export async function findCompose({ run }) {
  for (const [command, ...args] of PROGRAMS) {
    const asked = await run(command, [...args, "version", "--short"], { aside: true });
    const version = asked.stdout.trim().replace(/^v/, "");
    if (asked.code === 0 && /^\d/.test(version) && isAtLeast(version, MINIMUM_COMPOSE))
      return { command, args, version };
  }
  return undefined;
}

/**
 * Installs Compose on Debian and Ubuntu as root.
 * @param {import("./step.mjs").Context} context
 * @returns {Promise<Compose>}
 * @throws {SetupFailure} elsewhere, with what to install
 */
export async function installCompose(context) {
  const { host } = context;
  if (!host.usesApt || !host.isRoot) throw composeMissing(host);
  await refreshPackageLists(context);
  for (const name of PACKAGES) {
    if (!(await isInstallable(context, name))) continue;
    await installPackages(context, [name]);
    const compose = await findCompose(context);
    if (compose !== undefined) return compose;
  }
  throw composeMissing(host);
}

/**
 * The failure that says how to get Compose on a machine where set-up does not install it.
 * @param {import("./host.mjs").Host} host
 * @returns {SetupFailure}
 */
export function composeMissing(host) {
  return new SetupFailure(
    `There is no Docker Compose ${MINIMUM_COMPOSE} or newer, neither as "docker compose" nor as "docker-compose".`,
    [...waysToGetIt(host), "Then once more:           npm run cluster"],
  );
}

/** @param {import("./host.mjs").Host} host */
function waysToGetIt(host) {
  if (host.platform !== "linux") return ["Docker Desktop brings it along; update Docker Desktop."];
  if (host.usesApt)
    return [
      "Debian, Ubuntu:           sudo apt-get update && sudo apt-get install -y docker-compose",
      "or, newer, on Ubuntu:     sudo apt-get install -y docker-compose-v2",
      "from Docker's archive:    sudo apt-get install -y docker-compose-plugin",
    ];
  return [
    "Fedora, RHEL:             sudo dnf install -y docker-compose",
    "Arch:                     sudo pacman -S docker-compose",
    "Alpine:                   sudo apk add docker-cli-compose",
    "Anything else:            https://docs.docker.com/compose/install/",
  ];
}
