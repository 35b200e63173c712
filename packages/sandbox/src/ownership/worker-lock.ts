import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";

/** Holds a worker's name on this machine until it is released or the process dies. */
export interface WorkerLock {
  release(): Promise<void>;
}

/** Another running process on this machine has the same WORKER_ID. */
export class WorkerIdTaken extends Error {
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
export async function lockWorkerId(runDir: string, workerId: string): Promise<WorkerLock> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const digest = createHash("sha256").update(workerId).digest("hex").slice(0, 16);
  const path = join(runDir, `worker-${digest}.lock`);
  let server = await tryListen(path);
  if (server === undefined) {
    if (await isAlive(path)) throw new WorkerIdTaken(workerId);
    await rm(path, { force: true });
    server = await tryListen(path);
    if (server === undefined) throw new WorkerIdTaken(workerId);
  }
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

/** undefined: the address is in use. */
function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
