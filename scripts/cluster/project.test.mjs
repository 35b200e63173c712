import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { PROJECT_ROOT } from "../setup/paths.mjs";
import { engineSettings, nameByFolder, projectName } from "./project.mjs";
import { hostOf, portFor, urlOf } from "./up.mjs";

test("Docker Desktop gets its own file beside the other, a rootless engine its own places", () => {
  const desktop = engineSettings('"Docker Desktop" ["name=seccomp"]', "unix:///x/docker.sock");
  assert.deepEqual(desktop["COMPOSE_FILE"]?.split(path.delimiter), [
    "docker-compose.yml",
    "docker-compose.desktop.yml",
  ]);
  const rootless = engineSettings(
    '"Ubuntu 24.04" ["name=seccomp","name=rootless"]',
    "unix:///run/user/1000/docker.sock",
  );
  assert.deepEqual(rootless, {
    DOCKER_SOCKET: "/run/user/1000/docker.sock",
    RUN_DIR: "/run/user/1000/sandbox-cluster",
  });
  // A worker refuses a longer one: paths of unix sockets are short.
  assert.ok((rootless["RUN_DIR"] ?? "").length <= 40);
  assert.deepEqual(engineSettings('"Debian" ["name=seccomp"]', "unix:///var/run/docker.sock"), {});
});

test("the name that Compose gives by itself", () => {
  assert.equal(nameByFolder("/home/u/Sandbox System.2"), "sandboxsystem2");
  assert.equal(nameByFolder("/home/u/_-main"), "main");
});

/**
 * The name of this checkout's cluster on a machine where one was started by hand from `folder`.
 * @param {string | undefined} folder
 * @param {NodeJS.ProcessEnv} [env]
 */
async function nameWith(folder, env = {}) {
  const must = async (
    /** @type {string} */ _what,
    /** @type {string} */ _command,
    /** @type {readonly string[]} */ args,
  ) => {
    if (args[0] === "ps") return { stdout: folder === undefined ? "" : "1234\n" };
    const labels = { "com.docker.compose.project.working_dir": folder };
    return {
      stdout: JSON.stringify([
        { Name: "/x", State: {}, Config: { Labels: labels }, HostConfig: {} },
      ]),
    };
  };
  const root = path.join(path.dirname(PROJECT_ROOT), "a-checkout");
  return projectName(/** @type {any} */ ({ root, env, must }));
}

test("the cluster is called sandbox-system, unless somebody chose or started another", async () => {
  const here = path.join(path.dirname(PROJECT_ROOT), "a-checkout");
  assert.equal(await nameWith(undefined), "sandbox-system");
  assert.equal(await nameWith(here), "a-checkout");
  assert.equal(await nameWith("/elsewhere/a-checkout"), "sandbox-system");
  assert.equal(await nameWith(here, { COMPOSE_PROJECT_NAME: "mine" }), "mine");
});

test("the port stays as it is unless the command line or a setting says another", () => {
  const running = /** @type {any} */ ([{ service: "coordinator", port: "8123" }]);
  assert.equal(portFor([], undefined, undefined), "8000");
  assert.equal(portFor(running, undefined, undefined), "8123");
  assert.equal(portFor(running, undefined, "8200"), "8200");
  assert.equal(portFor(running, undefined, ""), "8123");
  assert.equal(portFor(running, 8300, "8200"), "8300");
});

test("a port that listens on one address is reached there", () => {
  assert.equal(urlOf("8000", "localhost"), "http://localhost:8000");
  assert.equal(urlOf("127.0.0.1:8000", "localhost"), "http://127.0.0.1:8000");
});

test("published ports are on the engine's host", () => {
  assert.equal(hostOf("unix:///var/run/docker.sock"), "localhost");
  assert.equal(hostOf("npipe:////./pipe/docker_engine"), "localhost");
  assert.equal(hostOf("tcp://10.0.0.7:2375"), "10.0.0.7");
  assert.equal(hostOf("ssh://user@build.example"), "build.example");
});
