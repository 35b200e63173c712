#!/usr/bin/env node
/**
 * Writes docs/CONFIGURATION.md from the settings that the processes really read: `npm run docs:config`. With `--check` it writes nothing and
 * exits 1 when the file is not what it would write. Needs the TypeScript build (`npm run build`).
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { clusterSettings } from "../packages/cluster/dist/index.js";
import { coordinationSettings, coordinatorSettings } from "../packages/coordinator/dist/index.js";
import { sandboxSettings } from "../packages/sandbox/dist/index.js";
import { documentSettings } from "../packages/service/dist/index.js";
import { workerHttpSettings, workerSettings } from "../packages/worker/dist/index.js";

const FILE = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "..",
  "docs",
  "CONFIGURATION.md",
);

const INTRO = `<!-- Written by \`npm run docs:config\` from the settings in the code. Do not edit. -->

# Configuration

Processes are configured by environment variables. A \`.env\` file in the working directory is read too; the environment wins over it. Absent
and empty variables take their default. Everything else must be valid: a process that finds faults names all of them and exits with code
78. Units are part of the name; \`MB\` means MiB (1,048,576 bytes).
`;

/**
 * Groups of settings in the order of the reader's questions. Every setting is in exactly one.
 * @type {readonly { title: string, intro: string, names: readonly string[] }[]}
 */
const GROUPS = [
  {
    title: "Server",
    intro:
      "How clients reach a worker or a coordinator, and who may. A coordinator's `PORT` is 8000 by default. A worker in a cluster answers its " +
      "coordinators only, whatever keys it has.",
    names: Object.keys(workerHttpSettings),
  },
  {
    title: "Worker",
    intro:
      "Who the worker is, how it finds its Docker engine, and what becomes of its sessions when it restarts. In a cluster a worker without " +
      "`WORKER_ID` is called by its host's name.",
    names: [
      "WORKER_ID",
      "DOCKER_HOST",
      "EXECD_TRANSPORT",
      "RUN_DIR",
      "SHUTDOWN_SESSIONS",
      "WORKER_URL",
    ],
  },
  {
    title: "Container pool",
    intro: "`MIN_POOL_SIZE` ≤ `POOL_SIZE` ≤ `MAX_POOL_SIZE` must hold.",
    names: [
      "POOL_SIZE",
      "MIN_POOL_SIZE",
      "MAX_POOL_SIZE",
      "AGGRESSIVE_CLEANUP",
      "CONTAINER_IDLE_TIMEOUT_MINUTES",
    ],
  },
  {
    title: "Sessions",
    intro:
      "How long a session lives, and what it may store. `MAX_FILE_SIZE_MB` ≤ `MAX_WORKSPACE_SIZE_MB` must hold.",
    names: [
      "SESSION_TIMEOUT_MINUTES",
      "CLEANUP_INTERVAL_SECONDS",
      "MAX_FILE_SIZE_MB",
      "MAX_TOTAL_FILES",
      "MAX_WORKSPACE_SIZE_MB",
    ],
  },
  {
    title: "Sandbox containers",
    intro: "What a sandbox is made of and may use.",
    names: [
      "CONTAINER_IMAGE",
      "MEMORY_LIMIT",
      "CPU_QUOTA",
      "PIDS_LIMIT",
      "SANDBOX_USER",
      "WORKSPACE_DIR",
      "DOCKER_NETWORK_MODE",
      "CONTAINER_RUNTIME",
    ],
  },
  {
    title: "Cluster",
    intro:
      "How workers and coordinators find each other. A worker without `REDIS_HOST`, `REDIS_URL` or `REDIS_SENTINELS` stands alone; a coordinator needs " +
      "one of them. `LEASE_SECONDS` must be at least three times `HEARTBEAT_INTERVAL_SECONDS`, and both must be the same in all processes.",
    names: Object.keys(clusterSettings),
  },
  {
    title: "Coordinator",
    intro:
      "What only a coordinator is told. It reads the variables under Server and Cluster too, and `CLEANUP_INTERVAL_SECONDS`: the time between sweeps of " +
      "the whole cluster.",
    names: Object.keys(coordinationSettings).filter(
      (name) => !Object.hasOwn(sandboxSettings, name),
    ),
  },
  {
    title: "Command policy",
    intro: "A guard rail for agents; the container is the boundary.",
    names: ["COMMAND_POLICY", "ALLOWED_COMMANDS", "FORBIDDEN_PATTERNS"],
  },
];

/** @returns {string} */
function generate() {
  const all = { ...coordinatorSettings, ...workerSettings };
  const grouped = GROUPS.flatMap(({ names }) => names);
  const forgotten = Object.keys(all).filter((name) => !grouped.includes(name));
  const unknown = grouped.filter((name) => !Object.hasOwn(all, name));
  if (forgotten.length + unknown.length > 0)
    throw new Error(`Groups and settings differ: ${[...forgotten, ...unknown].join(", ")}`);
  const sections = GROUPS.map(({ title, intro, names }) => ({
    title,
    intro,
    settings: Object.fromEntries(names.map((name) => [name, all[name]])),
  }));
  return `${INTRO}\n${documentSettings(sections)}`;
}

const text = generate();
if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (currentText() !== text) {
  process.stderr.write("docs/CONFIGURATION.md is stale. Run: npm run docs:config\n");
  process.exitCode = 1;
}

/** @returns {string | undefined} undefined: there is no file */
function currentText() {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return undefined;
  }
}
