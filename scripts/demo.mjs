#!/usr/bin/env node
/**
 * `npm run demo`: sets the checkout up if need be, then runs the quick start twice: in local mode, and in remote mode against a worker that
 * it starts on a free port and stops again. No container and no process is left, whatever happens; exit code 1 when anything fails.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as elapsed } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describeFailure, runSetup, SetupFailure } from "./setup.mjs";
import { PROJECT_ROOT } from "./setup/paths.mjs";

const CLIENT = path.join(PROJECT_ROOT, "packages", "client", "dist", "index.js");
const WORKER = path.join(PROJECT_ROOT, "packages", "worker", "dist", "main.js");

/** How long the worker may take until it serves, milliseconds: it has to start containers. */
const WORKER_START_LIMIT_MS = 60_000;

/** How long the worker may take to remove its containers and end, milliseconds. */
const WORKER_STOP_LIMIT_MS = 20_000;

/** A worker for one conversation, open and standing alone, whatever the environment has in mind for others. */
const SMALL_WORKER = {
  POOL_SIZE: "2",
  MIN_POOL_SIZE: "1",
  MAX_POOL_SIZE: "4",
  API_KEYS: "",
  REDIS_HOST: "",
};

/** @typedef {import("../packages/client/dist/index.js").SandboxClientOptions} ClientOptions */

/** Ends the demo before its next step. */
const interrupt = new AbortController();

/**
 * Does the next thing unless the demo was interrupted, as {@link timed}.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} action
 * @param {(value: T) => string} [describe]
 * @returns {Promise<T>}
 */
async function step(what, action, describe) {
  interrupt.signal.throwIfAborted();
  return timed(what, action, describe);
}

/**
 * Does something, and says what it was and how long it took.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} action
 * @param {(value: T) => string} [describe] what came of it, below the line
 * @returns {Promise<T>}
 */
async function timed(what, action, describe) {
  const start = performance.now();
  const value = await action();
  const took = `${(performance.now() - start).toFixed(0)} ms`;
  process.stdout.write(`  ${what.padEnd(60)}${took.padStart(9)}\n`);
  const shown = describe?.(value).trimEnd().replace(/^/gm, "      ");
  if (shown !== undefined) process.stdout.write(`${shown}\n`);
  return value;
}

/**
 * The quick start of the integration guide.
 * @param {ClientOptions} options
 */
async function quickStart(options) {
  /** @type {typeof import("../packages/client/dist/index.js")} */
  const { SandboxClient } = await import(pathToFileURL(CLIENT).href);
  const client = new SandboxClient(options);
  try {
    await step(
      'getOrCreateSession({ userId: "user123", threadId: "demo" })',
      () => client.getOrCreateSession({ userId: "user123", threadId: "demo" }),
      ({ sessionId, workerId }) => `${sessionId} on ${workerId}`,
    );
    const write = `echo '{"data": [1,2,3]}' > data.json`;
    await step(`$ ${write}`, () => run(client, write));
    const add = "jq '.data | add' data.json";
    const sum = await step(
      `$ ${add}`,
      () => run(client, add),
      (text) => text,
    );
    if (sum !== "6\n") throw new Error(`The sum of 1, 2 and 3 came out as ${JSON.stringify(sum)}`);
    const list = "ls -lh /workspace";
    await step(
      `$ ${list}`,
      () => run(client, list),
      (text) => text,
    );
    await step(
      "listFiles()",
      () => client.listFiles(),
      (listing) =>
        [
          ...listing.files.map(
            ({ permissions, sizeBytes, name }) => `${permissions} ${String(sizeBytes)} ${name}`,
          ),
          `Total files: ${String(listing.totalFiles)}`,
        ].join("\n"),
    );
    await step("closeSession()", () => client.closeSession());
  } finally {
    await client.close();
  }
}

/**
 * @param {import("../packages/client/dist/index.js").SandboxClient} client
 * @param {string} command
 * @returns {Promise<string>} what it printed
 */
async function run(client, command) {
  const { exitCode, stdout, stderr } = await client.execute(command);
  if (exitCode !== 0) throw new Error(`"${command}" ended with ${String(exitCode)}: ${stderr}`);
  return stdout;
}

/** Runs the quick start against a worker of its own. */
async function remoteDemo() {
  const port = await freePort();
  const serverUrl = `http://127.0.0.1:${String(port)}`;
  const worker = spawn(process.execPath, [WORKER], {
    env: {
      ...process.env,
      ...SMALL_WORKER,
      HOST: "127.0.0.1",
      PORT: String(port),
      WORKER_ID: `demo-${String(process.pid)}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that Ctrl-C reaches it only through this script.
    detached: true,
  });
  let log = "";
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      log = (log + text).slice(-10_000);
    });
  }
  const exited = once(worker, "exit");
  try {
    await step(`worker on ${serverUrl} is up`, () => untilReady(serverUrl, worker));
    await quickStart({ mode: "remote", serverUrl });
  } catch (error) {
    throw new Error(`${describeFailure(error)}\nThe worker's last words:\n${log}`, {
      cause: error,
    });
  } finally {
    await timed("worker has removed its containers and ended", () => stop(worker, exited));
  }
}

/**
 * @param {string} serverUrl
 * @param {{ worker: import("node:child_process").ChildProcess, signal: AbortSignal }} running
 */
async function untilReady(serverUrl, worker) {
  const deadline = performance.now() + WORKER_START_LIMIT_MS;
  for (;;) {
    const answer = await fetch(`${serverUrl}/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    interrupt.signal.throwIfAborted();
    if (worker.exitCode !== null) throw new Error("The worker ended before it was ready.");
    if (performance.now() > deadline) throw new Error("The worker did not get ready in a minute.");
    await elapsed(50);
  }
}

/**
 * @param {import("node:child_process").ChildProcess} worker
 * @param {Promise<unknown>} exited
 */
async function stop(worker, exited) {
  worker.kill("SIGTERM");
  const timer = setTimeout(() => worker.kill("SIGKILL"), WORKER_STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}

/** @returns {Promise<number>} a port that nobody listens on */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/**
 * What a person is told of a failure.
 * @param {unknown} error
 * @returns {string}
 */
function reasonOf(error) {
  if (error instanceof SetupFailure) return describeFailure(error);
  return error instanceof Error ? error.message : String(error);
}

/** @returns {Promise<number>} exit code */
async function main() {
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interrupt.abort());
  try {
    const { env } = await runSetup({ signal: interrupt.signal });
    // The environment of the user wins over what set-up found out.
    Object.assign(process.env, { ...env, ...process.env });
    process.stdout.write("\nLocal mode: this process drives Docker itself.\n");
    await quickStart({ mode: "local" });
    process.stdout.write("\nRemote mode: the same over HTTP.\n");
    await remoteDemo();
    process.stdout.write(
      "\nBoth modes work. Next: examples/README.md, or npm start to run a worker.\n",
    );
    return 0;
  } catch (error) {
    const reason = interrupt.signal.aborted ? "Interrupted." : reasonOf(error);
    process.stderr.write(`\nThe demo failed. ${reason}\n`);
    return 1;
  }
}

process.exitCode = await main();
