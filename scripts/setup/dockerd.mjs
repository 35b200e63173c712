import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { explainDockerdLog } from "./dockerd-log.mjs";
import { probeEngine } from "./engine-probe.mjs";
import { SetupFailure } from "./failure.mjs";
import { tail } from "./run.mjs";

/** Where the engine that set-up starts by itself writes, on machines without systemd. */
const DOCKERD_LOG = "/var/log/sandbox-system/dockerd.log";

/** dockerd's own default; it writes the file itself. */
const DOCKERD_PID = "/var/run/docker.pid";

/** dockerd starts containerd and keeps its pid here. */
const CONTAINERD_PID = "/var/run/docker/containerd/containerd.pid";

/** The first start creates its storage and its network; on a slow disk that has been seen to take half a minute. */
const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 250;

/** Lines of its log that are shown when it does not come up; what explains the end is among the last ten. */
const LOG_TAIL_LINES = 20;

/**
 * Starts an engine that outlives set-up: through systemd where that runs, otherwise as a daemon of its own session which logs to DOCKERD_LOG.
 * Resolves when it answers. An engine that is just starting is waited for, not started twice. Needs root.
 * @param {import("./step.mjs").Context} context
 * @returns {Promise<{ version: string, how: string }>} `how` it runs, for a person who wants to stop it
 * @throws {SetupFailure} when it does not come up, with the end of its log and what that usually means
 */
export async function startEngine(context) {
  const { host, report, run } = context;
  report.doing("starting the engine");
  if (host.hasSystemd) {
    const started = await run("systemctl", ["start", "docker"]);
    const version = await untilReady(context, () => started.code !== 0);
    if (version !== undefined) return { version, how: "by systemd" };
    const journal = await run("journalctl", [
      "--unit",
      "docker",
      "--no-pager",
      "--lines",
      String(LOG_TAIL_LINES),
    ]);
    throw notComingUp(journal.stdout, "journalctl -u docker");
  }
  const starting = processNamed(DOCKERD_PID, "dockerd");
  const daemon = starting === undefined ? launch(context.env) : undefined;
  const version = await untilReady(context, () => daemon?.exited === true);
  if (version !== undefined)
    return { version, how: daemon ? `log: ${DOCKERD_LOG}` : "it was starting already" };
  throw notComingUp(readIfThere(DOCKERD_LOG), DOCKERD_LOG);
}

/**
 * Starts dockerd in a session of its own, so that neither the end of set-up, nor Ctrl-C, nor a closed terminal ends it.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ exited: boolean }} changes when it ends
 */
function launch(env) {
  for (const [file, name] of /** @type {const} */ ([
    [DOCKERD_PID, "dockerd"],
    [CONTAINERD_PID, "containerd"],
  ])) {
    // After a crash or a restored snapshot the number may be another program's; dockerd would refuse to start, or wait for that one.
    if (processNamed(file, name) === undefined) rmSync(file, { force: true });
  }
  mkdirSync(path.dirname(DOCKERD_LOG), { recursive: true });
  const log = openSync(DOCKERD_LOG, "w", 0o640);
  const child = spawn("dockerd", [], {
    cwd: "/",
    env,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  const state = { exited: false };
  for (const event of ["exit", "error"]) child.once(event, () => (state.exited = true));
  return state;
}

/**
 * @param {import("./step.mjs").Context} context
 * @param {() => boolean} isOver nothing more is to be waited for
 * @returns {Promise<string | undefined>} the version of the engine that answers; undefined when none does in time
 */
async function untilReady(context, isOver) {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    // Looked at before the engine is asked: when ours ended because another was started at the same moment, that one's answer counts.
    const over = isOver() || performance.now() > deadline;
    const probe = await probeEngine(context);
    if (probe.answer === "ready") return probe.version;
    if (over) return undefined;
    await sleep(POLL_MS);
  }
}

/**
 * @param {string} log
 * @param {string} place
 */
function notComingUp(log, place) {
  return new SetupFailure(
    `The Docker engine does not come up. The end of its log:\n\n${tail(log, LOG_TAIL_LINES)}`,
    [
      ...explainDockerdLog(log),
      `The whole log:   ${place}`,
      "Then run set-up again:   npm run setup",
    ],
  );
}

/**
 * The process that a pid file names, if it runs and is the program that the file belongs to. One that has ended but that nobody has
 * collected (its parent is gone and process 1 of this machine does not care) does not run.
 * @param {string} file
 * @param {string} name
 * @returns {number | undefined}
 */
function processNamed(file, name) {
  const pid = Number.parseInt(readIfThere(file), 10);
  const running = Number.isInteger(pid) && isRunning(readIfThere(`/proc/${pid}/stat`), name);
  return running ? pid : undefined;
}

/**
 * Whether a line of /proc/pid/stat is that of a running process of a name.
 * @param {string} stat "" when there is no such process
 * @param {string} name
 * @returns {boolean}
 */
export function isRunning(stat, name) {
  const [, comm, state] = /^\d+ \((.*)\) (\S)/s.exec(stat) ?? [];
  return comm === name && state !== "Z" && state !== "X";
}

/** @param {string} file @returns {string} "" when it cannot be read */
function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
