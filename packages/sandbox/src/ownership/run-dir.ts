import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { SandboxOptions } from "../settings/sandbox-options.js";
import { isListening } from "./unix-lock.js";

const LOCK_SUFFIX = ".lock";
const STATE_SUFFIX = ".state";
const JOURNAL_SUFFIX = ".calls";
const WORKER_ENTRY = /^([0-9a-f]{12})\.(?:lock|state|calls)$/;

/**
 * How long ago a worker that keeps its sessions must have been seen alive before what it left is removed, milliseconds. It shows itself on
 * each sweep, at most a day apart, so it has been dead for a day at least: long after its sandboxes ended themselves.
 */
const STALE_STATE_MS = 2 * 24 * 60 * 60 * 1000;

/** Where sockets go when nothing is configured: root's in /run, other users' in the temporary directory. */
export function defaultRunDir(): string {
  const { uid } = userInfo();
  return uid === 0 ? "/run/sandbox-system" : join(tmpdir(), `sandbox-system-${String(uid)}`);
}

/** What one worker has in the run directory. Socket paths must stay below 108 bytes, hence a digest of its name. */
export interface WorkerPaths {
  /** Held while the worker runs. */
  readonly lock: string;
  /** Its agents' sockets: a directory each, which the sandbox sees. */
  readonly sockets: string;
  /** What its successor needs to take its sessions over; there only while it keeps any. Its mtime is when it was last seen alive. */
  readonly state: string;
  /** A file in which its process may write down calls for its successor; removed with the rest when nobody comes back for it. */
  readonly journal: string;
}

/** Paths of a worker below `runDir`. */
export function workerPaths(runDir: string, workerId: string): WorkerPaths {
  const digest = createHash("sha256").update(workerId).digest("hex").slice(0, 12);
  return {
    lock: join(runDir, `${digest}${LOCK_SUFFIX}`),
    sockets: join(runDir, digest),
    state: join(runDir, `${digest}${STATE_SUFFIX}`),
    journal: join(runDir, `${digest}${JOURNAL_SUFFIX}`),
  };
}

/** Where the process around an engine room may write down calls for its successor, beside what the engine room keeps. */
export function callJournalPath(options: Pick<SandboxOptions, "runDir" | "workerId">): string {
  return workerPaths(options.runDir ?? defaultRunDir(), options.workerId).journal;
}

/**
 * Removes what workers that are no longer alive left in `runDir`. One that keeps its sessions may be about to start again: its sockets and state
 * stay until it has not been seen for two days. `nowMs`: milliseconds since the epoch.
 */
export async function clearRunDir(runDir: string, nowMs: number): Promise<void> {
  const names = await readdir(runDir);
  const digests = new Set(names.map((name) => WORKER_ENTRY.exec(name)?.[1] ?? ""));
  digests.delete("");
  for (const digest of digests) {
    const worker = join(runDir, digest);
    if (await isListening(`${worker}${LOCK_SUFFIX}`)) continue;
    const seenMs = await lastSeenMs(`${worker}${STATE_SUFFIX}`);
    if (seenMs !== undefined && nowMs - seenMs < STALE_STATE_MS) continue;
    for (const suffix of ["", LOCK_SUFFIX, STATE_SUFFIX, JOURNAL_SUFFIX]) {
      await rm(`${worker}${suffix}`, { recursive: true, force: true });
    }
  }
}

/** Removes the sockets' directories of sandboxes that are not in `keep`. */
export async function clearSockets(sockets: string, keep: ReadonlySet<string>): Promise<void> {
  const names = await readdir(sockets).catch(() => []);
  const gone = names.filter((name) => !keep.has(name));
  await Promise.all(gone.map((name) => rm(join(sockets, name), { recursive: true, force: true })));
}

/** When a worker that keeps its sessions was last seen alive; undefined: it keeps none. */
async function lastSeenMs(stateDir: string): Promise<number | undefined> {
  try {
    return (await stat(stateDir)).mtimeMs;
  } catch {
    return undefined;
  }
}
