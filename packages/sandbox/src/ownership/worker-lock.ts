import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isListening, tryListen } from "./unix-lock.js";

/** Holds a worker's name on this machine until it is released or the process dies. */
export interface WorkerLock {
  release(): Promise<void>;
}

/** Another running process on this machine has the same WORKER_ID. */
class WorkerIdTaken extends Error {
  override readonly name = "WorkerIdTaken";

  constructor(workerId: string) {
    super(
      `Another process on this machine already runs as WORKER_ID=${workerId}. Two with one name would remove each other's containers: set WORKER_ID to another name, or stop the other process.`,
    );
  }
}

/**
 * Takes a worker's name on this machine. The lock is a listening unix socket: the kernel lets go of it with the process, however that
 * ends, and a socket file left behind is told from a live one by connecting to it.
 * @throws WorkerIdTaken
 */
export async function lockWorkerId(path: string, workerId: string): Promise<WorkerLock> {
  // 0700: nobody else may reach the agents' sockets beside it.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  let server = await tryListen(path);
  if (server === undefined && !(await isListening(path))) {
    await rm(path, { force: true });
    server = await tryListen(path);
  }
  if (server === undefined) throw new WorkerIdTaken(workerId);
  const held = server;
  return {
    release: () =>
      new Promise((resolve) => {
        held.close(() => {
          resolve();
        });
      }),
  };
}
