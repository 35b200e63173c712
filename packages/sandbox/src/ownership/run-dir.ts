import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { isListening } from "./unix-lock.js";

const LOCK_SUFFIX = ".lock";

/** Where sockets go when nothing is configured: root's in /run, other users' in the temporary directory. */
export function defaultRunDir(): string {
  const { uid } = userInfo();
  return uid === 0 ? "/run/sandbox-system" : join(tmpdir(), `sandbox-system-${String(uid)}`);
}

/** What one worker has in the run directory. Socket paths must stay below 108 bytes, hence a digest of its name. */
export interface WorkerPaths {
  /** Held while the worker runs. */
  readonly lock: string;
  /** Its agents' sockets. */
  readonly sockets: string;
}

/** Paths of a worker below `runDir`. */
export function workerPaths(runDir: string, workerId: string): WorkerPaths {
  const digest = createHash("sha256").update(workerId).digest("hex").slice(0, 12);
  return { lock: join(runDir, `${digest}${LOCK_SUFFIX}`), sockets: join(runDir, digest) };
}

/** Removes what workers that are no longer alive left in `runDir`. */
export async function clearRunDir(runDir: string): Promise<void> {
  const names = await readdir(runDir);
  for (const name of names.filter((entry) => entry.endsWith(LOCK_SUFFIX))) {
    const lock = join(runDir, name);
    if (await isListening(lock)) continue;
    await rm(lock.slice(0, -LOCK_SUFFIX.length), { recursive: true, force: true });
    await rm(lock, { force: true });
  }
}
