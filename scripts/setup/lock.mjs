import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupFailure } from "./failure.mjs";

/** How often a waiting process looks again; a person does not notice it, and it costs one small read. */
const POLL_MS = 300;

/**
 * @typedef {object} LockHolder
 * @property {string} id unique to one acquisition
 * @property {number} pid
 * @property {string} startedAt when that process started, in the kernel's units: tells a reused pid apart; "" where unknown
 * @property {string} host a pid means nothing on another machine (a checkout on a shared disk or mounted into a container)
 */

/**
 * Runs `work` while holding the lock file, so that of several processes one works and the others wait for it.
 * The lock of a process that died is taken over; it is released whatever becomes of `work`.
 * @template T
 * @param {string} file the lock file; its folder is made
 * @param {{ onWait?: (holder: LockHolder) => void, signal?: AbortSignal }} options `onWait` is called once, when there is
 *   somebody to wait for; `signal` ends the waiting
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} what `work` gives
 */
export async function withLock(file, options, work) {
  const release = await acquire(file, options);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * @param {string} file
 * @param {{ onWait?: (holder: LockHolder) => void, signal?: AbortSignal }} options
 * @returns {Promise<() => void>} releases the lock
 */
async function acquire(file, options) {
  mkdirSync(path.dirname(file), { recursive: true });
  const self = ourselves();
  let announced = false;
  for (;;) {
    if (take(file, self)) return () => removeIfHeldBy(file, self.id);
    const holder = read(file);
    if (holder === undefined) continue;
    if (isGone(holder)) {
      await takeOver(file, holder, options);
      continue;
    }
    if (!announced) options.onWait?.(holder);
    announced = true;
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => {
      throw new SetupFailure("Interrupted.", [], { exitCode: 130 });
    });
  }
}

/**
 * Removes the lock of a dead holder. Two processes may both see that it is dead, and the slower one must not remove the
 * lock that the faster one has meanwhile taken: so removing needs a lock of its own, named after the dead holder.
 * @param {string} file
 * @param {LockHolder} dead
 * @param {{ signal?: AbortSignal }} options
 */
async function takeOver(file, dead, options) {
  await withLock(`${file}.${dead.id}`, { signal: options.signal }, async () =>
    removeIfHeldBy(file, dead.id),
  );
}

/**
 * Takes the lock if nobody has it. The file appears with its content in one step (a link to a finished file), so that no
 * reader ever finds a lock that does not say whose it is.
 * @param {string} file
 * @param {LockHolder} self
 * @returns {boolean}
 */
function take(file, self) {
  const draft = `${file}.${self.id}.draft`;
  writeFileSync(draft, JSON.stringify(self));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} file @param {string} id */
function removeIfHeldBy(file, id) {
  if (read(file)?.id === id) rmSync(file, { force: true });
}

/** @param {string} file @returns {LockHolder | undefined} undefined when nobody holds it */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw new SetupFailure(
      `The lock file ${file} is not one of ours.`,
      [`If no set-up is running, delete it: rm ${file}`],
      { cause: error },
    );
  }
}

/** @returns {LockHolder} */
function ourselves() {
  return {
    id: randomUUID(),
    pid: process.pid,
    startedAt: startOf(process.pid),
    host: os.hostname(),
  };
}

/** @param {LockHolder} holder @returns {boolean} true when it certainly no longer runs */
function isGone(holder) {
  if (holder.host !== os.hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
  return holder.startedAt !== startOf(holder.pid);
}

/**
 * The process's start time, field 22 of /proc/pid/stat, counted after the name, which may itself contain spaces and brackets.
 * @param {number} pid
 * @returns {string} "" where there is no /proc
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
