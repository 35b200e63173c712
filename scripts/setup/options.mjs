import { SetupFailure } from "./failure.mjs";

/** The steps in the order in which they run; a step may rely on those before it. */
export const STEP_NAMES = /** @type {const} */ ([
  "node",
  "packages",
  "engine",
  "image",
  "execd",
  "build",
  "redis",
  "cluster",
]);

/** The steps that run unless others are chosen: what local mode and a single worker need. Those left out cost minutes and serve the cluster. */
export const DEFAULT_STEP_NAMES = /** @type {readonly (typeof STEP_NAMES[number])[]} */ (
  STEP_NAMES.filter((name) => name !== "redis" && name !== "cluster")
);

/** What `--help` prints. */
export const HELP = `Usage: npm run setup -- [options]      (or: node scripts/setup.mjs [options])

Brings this checkout to where it can run: npm packages, a Docker engine, the sandbox image, the execd binaries and the
TypeScript build. What is there already is left as it is, so running it again is quick and changes nothing.

Options:
  --check          say what is missing and change nothing; exit 1 if anything is
  --only=A,B       only these steps: ${STEP_NAMES.join(", ")};
                   redis (an image of Redis) and cluster (Compose, the images of worker and coordinator) run only when named
  --rebuild        build the images from scratch, with today's Debian packages, even if they are up to date
  --quiet          print nothing unless something goes wrong
  --help           this text

Where things are kept and how to do each step by hand: docs/SETUP.md`;

/**
 * @typedef {object} SetupOptions
 * @property {boolean} check report only, change nothing
 * @property {boolean} quiet print failures only
 * @property {boolean} rebuild rebuild the images of the chosen steps without cache
 * @property {boolean} help print the help text instead
 * @property {readonly string[]} only names of the steps to run, a subset of STEP_NAMES, in their order
 */

/**
 * Reads the command line.
 * @param {readonly string[]} argv the arguments after the script's name
 * @returns {SetupOptions}
 * @throws {SetupFailure} on an option or a step that does not exist
 */
export function parseOptions(argv) {
  const flags = { check: false, quiet: false, rebuild: false, help: false };
  let only = /** @type {readonly string[]} */ (DEFAULT_STEP_NAMES);
  for (const argument of argv) {
    const name = argument.replace(/^--/, "");
    if (argument === "-h") flags.help = true;
    else if (argument.startsWith("--only="))
      only = selectSteps(argument.slice("--only=".length).split(","));
    else if (argument.startsWith("--") && Object.hasOwn(flags, name))
      flags[/** @type {keyof typeof flags} */ (name)] = true;
    else throw new SetupFailure(`Unknown option: ${argument}`, ["npm run setup -- --help"]);
  }
  return { ...flags, only };
}

/**
 * The named steps in the order in which they must run.
 * @param {readonly string[]} names
 * @returns {readonly string[]}
 * @throws {SetupFailure} when a name is not that of a step
 */
function selectSteps(names) {
  const unknown = names.filter((name) => !STEP_NAMES.some((step) => step === name));
  if (unknown.length > 0) {
    throw new SetupFailure(`Unknown step: ${unknown.join(", ")}`, [
      `The steps are: ${STEP_NAMES.join(", ")}`,
    ]);
  }
  return STEP_NAMES.filter((step) => names.includes(step));
}
