import { SetupFailure } from "../setup/failure.mjs";

/** What `--help` prints. */
export const HELP = `Usage: npm run cluster [-- COMMAND] [-- options]      (or: node scripts/cluster.mjs [COMMAND] [options])

Commands:
  up          (unless another is named) sets up what is missing, builds the images, starts Redis, two workers and the coordinator,
              and waits until they are ready. Run again it changes only what is out of date
  down        removes the cluster: containers, networks, volumes with what Redis holds, and the sandboxes of its workers
              (npm run cluster:down)
  status      shows the containers
  logs [NAME] follows the logs, of all services or of one

Options of up:
  --scale=N   N more workers beside worker1 and worker2; unless told, as many as there are now
  --port=N    port of the coordinator on this machine: 8000 at first, then as it is
  --rebuild   builds the images from scratch, with today's Debian packages
Options of down:
  --images    removes the images of worker, coordinator and Redis too
  --help      this text

Settings come from the environment and from a file .env (see .env.example). docs/DEPLOYMENT.md explains the whole.`;

/** Which options go with which command. */
const COMMANDS = /** @type {const} */ ({
  up: ["scale", "port", "rebuild"],
  down: ["images"],
  status: [],
  logs: [],
});

/** More workers than a machine serves; a slip of the finger is caught. */
const MAX_SCALE = 100;
const MAX_PORT = 65_535;

/**
 * @typedef {object} ClusterOptions
 * @property {"up" | "down" | "status" | "logs"} command
 * @property {boolean} help
 * @property {boolean} rebuild
 * @property {boolean} images
 * @property {number} [scale] workers beside the two named ones; undefined: as many as there are
 * @property {number} [port] 1 … 65535
 * @property {string} [service] whose logs; all when undefined
 */

/**
 * Reads the command line.
 * @param {readonly string[]} argv the arguments after the script's name
 * @returns {ClusterOptions}
 * @throws {SetupFailure} on a command, an option or a value that does not exist
 */
export function parseClusterOptions(argv) {
  /** @type {ClusterOptions} */
  const options = { command: "up", help: false, rebuild: false, images: false };
  const words = argv.filter((argument) => !argument.startsWith("-"));
  const [command = "up", service, ...rest] = words;
  if (!Object.hasOwn(COMMANDS, command)) throw unknown(`Unknown command: ${command}`);
  options.command = /** @type {ClusterOptions["command"]} */ (command);
  if (service !== undefined && (command !== "logs" || rest.length > 0))
    throw unknown(`Too many words: ${words.slice(1).join(" ")}`);
  if (service !== undefined) options.service = service;
  const allowed = /** @type {readonly string[]} */ (COMMANDS[options.command]);
  for (const argument of argv.filter((text) => text.startsWith("-"))) {
    const [, name = "", value] = /^--([a-z]+)(?:=(.*))?$/.exec(argument) ?? [];
    if (argument === "-h" || argument === "--help") options.help = true;
    else if (!allowed.includes(name)) throw unknown(`Unknown option of ${command}: ${argument}`);
    else if (name === "scale") options.scale = numberOf(argument, value, 0, MAX_SCALE);
    else if (name === "port") options.port = numberOf(argument, value, 1, MAX_PORT);
    else if (value !== undefined) throw unknown(`--${name} takes no value: ${argument}`);
    else options[/** @type {"rebuild" | "images"} */ (name)] = true;
  }
  return options;
}

/**
 * @param {string} argument
 * @param {string | undefined} value
 * @param {number} least
 * @param {number} most
 */
function numberOf(argument, value, least, most) {
  const number = /^\d{1,5}$/.test(value ?? "") ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw unknown(`${argument}: a whole number from ${least} to ${most} is wanted`);
}

/** @param {string} message */
function unknown(message) {
  return new SetupFailure(message, ["npm run cluster -- --help"]);
}
