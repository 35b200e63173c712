import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { AgentTransport, PreparedTransport, ReturningTransport } from "./agent-transport.js";
import { SocketCandidates } from "./socket-candidates.js";

/** Where the agent finds its socket inside the container. */
const CONTAINER_DIR = "/run/execd";
const SOCKET_NAME = "agent.sock";

/**
 * A unix socket for each sandbox, in a directory of its own below `dir` that its container sees read-only.
 *
 * `dir` lies in a directory that is closed to other users (0700), so that nobody on the host reaches a socket but through its container; the
 * directory and socket themselves are open, because the sandbox user has another uid. Listening stops with the first connection, which
 * execd makes before any user code runs. For an agent that returns, the same socket is listened on again, until somebody proves to be it:
 * user code can connect as well by then.
 */
export function createUnixSocketTransport(dir: string): AgentTransport {
  return {
    name: "unix",
    async prepare(sandboxId): Promise<PreparedTransport> {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const hostDir = join(dir, sandboxId);
      await mkdir(hostDir, { mode: 0o755 });
      const server = createServer();
      const connection = firstConnection(server);
      await listen(server, join(hostDir, SOCKET_NAME));
      return {
        agentArguments: ["--transport=unix", `--socket=${CONTAINER_DIR}/${SOCKET_NAME}`],
        socketMount: { hostDir, containerDir: CONTAINER_DIR },
        beforeStart: () => Promise.resolve(),
        connected: () => connection,
        dispose: () => close(server, hostDir),
      };
    },
    async rejoin({ id }): Promise<ReturningTransport> {
      // The container has this very directory mounted: one that was made anew would be another.
      const hostDir = join(dir, id);
      const socketPath = join(hostDir, SOCKET_NAME);
      // Left by a process that was killed while it listened.
      await rm(socketPath, { force: true });
      const server = createServer();
      const candidates = new SocketCandidates(server);
      await listen(server, socketPath);
      return {
        returned: (greet) => candidates.firstAccepted(greet),
        dispose: async () => {
          candidates.dropAll();
          await close(server, hostDir);
        },
      };
    },
  };
}

async function close(server: Server, hostDir: string): Promise<void> {
  server.close();
  await rm(hostDir, { recursive: true, force: true });
}

function firstConnection(server: Server): Promise<Socket> {
  const connection = new Promise<Socket>((resolve, reject) => {
    server.once("connection", (socket: Socket) => {
      server.close();
      resolve(socket);
    });
    server.once("close", () => {
      reject(new Error("the socket was closed before the agent connected"));
    });
    server.once("error", reject);
  });
  // Nobody may be waiting yet when it fails; whoever does later still gets the rejection.
  connection.catch(() => undefined);
  return connection;
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      server.unref();
      resolve();
    });
  });
  await chmod(path, 0o666);
}
