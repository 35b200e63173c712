import assert from "node:assert/strict";
import { test } from "node:test";
import { readContainer, standing, workerIds } from "./containers.mjs";
import { describeContainer } from "./diagnosis.mjs";

/**
 * What `docker inspect` says of a container, as far as it matters here.
 * @param {string} service
 * @param {{ state?: object, env?: string[], ports?: object, hostname?: string }} [given]
 */
const inspected = (
  service,
  { state = {}, env = [], ports = {}, hostname = "0123456789ab" } = {},
) => ({
  Id: `id-of-${service}`,
  Name: `/sandbox-system-${service}-1`,
  RestartCount: 0,
  State: { Status: "running", ExitCode: 0, Health: { Status: "healthy" }, ...state },
  Config: {
    Hostname: hostname,
    Env: env,
    Labels: {
      "com.docker.compose.service": service,
      "com.docker.compose.project.working_dir": "/home/u/sandbox",
    },
  },
  HostConfig: { PortBindings: ports },
});

test("what the engine says of a container is read", () => {
  const container = readContainer(
    inspected("coordinator", {
      env: ["WORKERS=http://a:5000,http://b:5000", "EMPTY="],
      ports: { "8000/tcp": [{ HostIp: "", HostPort: "8123" }] },
    }),
  );
  assert.deepEqual(container, {
    id: "id-of-coordinator",
    name: "sandbox-system-coordinator-1",
    service: "coordinator",
    folder: "/home/u/sandbox",
    status: "running",
    health: "healthy",
    exitCode: 0,
    restarts: 0,
    hostname: "0123456789ab",
    port: "8123",
    env: { WORKERS: "http://a:5000,http://b:5000", EMPTY: "" },
  });
});

test("a port that listens on one address is told with it", () => {
  const portOf = (/** @type {object[]} */ ...bindings) =>
    readContainer(inspected("coordinator", { ports: { "8000/tcp": bindings } })).port;
  assert.equal(portOf({ HostIp: "127.0.0.1", HostPort: "8000" }), "127.0.0.1:8000");
  assert.equal(portOf({ HostIp: "0.0.0.0", HostPort: "8000" }), "8000");
  assert.equal(portOf(), undefined);
});

const well = { status: /** @type {const} */ ("running"), health: "", exitCode: 0, restarts: 0 };
const CASES = /** @type {const} */ ([
  ["healthy", { health: "healthy" }, "up"],
  ["not healthy yet", { health: "starting" }, "coming"],
  ["unhealthy", { health: "unhealthy" }, "failed"],
  ["the builder, ended well", { status: "exited" }, "up"],
  ["the builder, failed", { status: "exited", exitCode: 1 }, "failed"],
  ["a service that ended, even well", { status: "exited", health: "unhealthy" }, "failed"],
  ["not started yet", { status: "created" }, "coming"],
  ["restarting for the first time", { status: "restarting", restarts: 1 }, "coming"],
  ["restarting again and again", { status: "restarting", restarts: 3 }, "failed"],
  ["just started, again and again", { health: "starting", restarts: 4 }, "failed"],
  ["healthy at last", { health: "healthy", restarts: 4 }, "up"],
  ["paused", { status: "paused", health: "healthy" }, "failed"],
]);

for (const [what, difference, expected] of CASES)
  test(`${what}: ${expected}`, () => assert.equal(standing({ ...well, ...difference }), expected));

test("workers are known by WORKER_ID, without it by the host's name; others own no sandboxes", () => {
  const containers = [
    inspected("worker1", { env: ["WORKER_ID=worker1"] }),
    inspected("worker", { hostname: "abcdef012345" }),
    inspected("coordinator", { env: ["WORKER_ID=stray"] }),
    inspected("redis"),
  ].map(readContainer);
  assert.deepEqual(workerIds(containers), ["worker1", "abcdef012345"]);
});

test("a container's state in words", () => {
  const describe = (/** @type {object} */ state) =>
    describeContainer(readContainer(inspected("worker2", { state })));
  assert.equal(describe({ Health: { Status: "unhealthy" } }), "worker2 is unhealthy");
  assert.equal(describe({ Status: "exited", ExitCode: 78 }), "worker2 has ended with 78");
  assert.equal(describe({ Status: "restarting" }), "worker2 is restarting");
});
