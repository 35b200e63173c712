import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { PROJECT_ROOT } from "../setup/paths.mjs";
import { DEFAULT_RUN_DIR } from "./project.mjs";

const read = (/** @type {string} */ file) => readFileSync(path.join(PROJECT_ROOT, file), "utf8");
const COMPOSE = read("docker-compose.yml");

/** Variables that are settled inside the cluster, whatever a person has set for a worker outside of it. */
const SETTLED = [
  ...["PORT", "HOST", "WORKER_ID", "WORKER_URL", "WORKERS", "DOCKER_HOST", "RUN_DIR"],
  "COORDINATOR_ID",
  // Redis is the one beside it.
  ...["REDIS_HOST", "REDIS_PORT", "REDIS_URL", "REDIS_USERNAME"],
  ...["REDIS_SENTINELS", "REDIS_SENTINEL_NAME"],
];

/**
 * The lines of a service, or of an `x-` block, with those of all blocks that it refers to.
 * @param {string} header "  worker1" or "x-process"
 * @returns {string}
 */
function block(header) {
  const lines = COMPOSE.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`${header}:`));
  assert.ok(start >= 0, `there is a block ${header.trim()}`);
  const indent = header.length - header.trimStart().length;
  const length = lines
    .slice(start + 1)
    .findIndex((line) => line.trim() !== "" && line.search(/\S/) <= indent);
  const own = lines.slice(start, length < 0 ? undefined : start + 1 + length);
  const text = own.filter((line) => !/^\s*#/.test(line)).join("\n");
  const anchors = [...text.matchAll(/\*([a-z-]+)/g)].map((match) => match[1]);
  return [text, ...anchors.map((name) => block(`x-${name}`))].join("\n");
}

const WORKERS = ["worker1", "worker2", "worker"];
const PROCESSES = [...WORKERS, "coordinator"];
const service = (/** @type {string} */ name) => block(`  ${name}`);

test("the services are those of the guide, more workers, and the builder of the sandbox image", () => {
  const services = COMPOSE.slice(COMPOSE.indexOf("\nservices:"), COMPOSE.indexOf("\nvolumes:"));
  const names = [...services.matchAll(/^ {2}([a-z0-9-]+):$/gm)].map((match) => match[1]);
  assert.deepEqual(names.sort(), [...PROCESSES, "redis", "sandbox-image"].sort());
});

test("only the coordinator publishes a port", () => {
  assert.match(service("coordinator"), /ports:\s+- "\$\{COORDINATOR_PORT:-8000\}:8000"/);
  for (const name of [...WORKERS, "redis", "sandbox-image"])
    assert.doesNotMatch(service(name), /^\s*ports:/m, name);
});

test("Redis keeps what it is told", () => {
  assert.match(service("redis"), /- --appendonly\s+- "yes"/);
  assert.match(service("redis"), /- --maxmemory-policy\s+- noeviction/);
  assert.match(service("redis"), /- redis-data:\/data/);
});

test("every service that runs has a health check, and starts after those that it needs are well", () => {
  for (const name of [...PROCESSES, "redis"]) assert.match(service(name), /healthcheck:/, name);
  for (const name of PROCESSES)
    assert.match(service(name), /redis:\s+condition: service_healthy/, name);
  for (const name of ["worker1", "worker2"])
    assert.match(service("coordinator"), new RegExp(`${name}:\\s+condition: service_healthy`));
});

test("a process is given longer to stop than it gives its commands", () => {
  const grace = /^\| `SHUTDOWN_GRACE_SECONDS` \|[^|]*\| `(\d+)` \|/m.exec(
    read("docs/CONFIGURATION.md"),
  );
  for (const name of PROCESSES) {
    const seconds = /stop_grace_period: \$\{STOP_GRACE_PERIOD:-(\d+)s\}/.exec(service(name))?.[1];
    assert.ok(Number(seconds) > Number(grace?.[1]), name);
  }
});

test("nobody has more rights than he needs", () => {
  for (const name of [...PROCESSES, "redis", "sandbox-image"]) {
    assert.match(service(name), /read_only: true/, name);
    assert.match(service(name), /cap_drop: \[ALL\]/, name);
    assert.match(service(name), /no-new-privileges:true/, name);
  }
  for (const name of ["coordinator", "redis", "sandbox-image"]) {
    assert.doesNotMatch(service(name), /docker\.sock/, name);
    assert.doesNotMatch(service(name), /cap_add/, name);
  }
});

test("what the documentation says can be set reaches every process", () => {
  const documented = [...read("docs/CONFIGURATION.md").matchAll(/^\| `([A-Z_]+)` \|/gm)]
    .map((match) => match[1] ?? "")
    .filter((name) => !SETTLED.includes(name));
  assert.ok(documented.length > 20);
  for (const name of PROCESSES) {
    const lacking = documented.filter(
      (variable) => !new RegExp(`^ +${variable}:`, "m").test(service(name)),
    );
    // The pool is the workers' business.
    const excused = name === "coordinator" ? ["POOL_SIZE"] : [];
    assert.deepEqual(
      lacking.filter((variable) => !excused.includes(variable)),
      [],
      name,
    );
  }
});

test("workers are named as the guide names them, and more of them name themselves", () => {
  assert.match(service("worker1"), /WORKER_ID: \$\{WORKER_ID_PREFIX:-worker\}1/);
  assert.match(service("worker2"), /WORKER_ID: \$\{WORKER_ID_PREFIX:-worker\}2/);
  assert.doesNotMatch(service("worker"), /WORKER_ID/);
  assert.match(service("worker"), /scale: 0/);
  assert.match(service("coordinator"), /WORKERS: http:\/\/worker1:5000,http:\/\/worker2:5000/);
});

test("the run directory is at the same place on the host and inside, and where the scripts think", () => {
  const mounted = /- \$\{RUN_DIR:-([^}]+)\}:\$\{RUN_DIR:-([^}]+)\}/.exec(service("worker1"));
  assert.deepEqual(mounted?.slice(1), [DEFAULT_RUN_DIR, DEFAULT_RUN_DIR]);
  assert.match(service("worker1"), new RegExp(`RUN_DIR: \\$\\{RUN_DIR:-${DEFAULT_RUN_DIR}\\}`));
});

test("the example of a .env names nothing that does not exist", () => {
  const known = new Set([
    ...[...read("docs/CONFIGURATION.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]),
    ...[...COMPOSE.matchAll(/\$\{([A-Za-z_]+):-/g)].map((match) => match[1]),
    ...[...COMPOSE.matchAll(/^ +([A-Z_]+):$/gm)].map((match) => match[1]),
    "COMPOSE_PROJECT_NAME",
  ]);
  const named = [...read(".env.example").matchAll(/^#? ?([A-Za-z_]+)=/gm)].map((match) => match[1]);
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
});
