import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as elapsed } from "node:timers/promises";
import { unusedPort } from "../testing/scripted-server.js";
import type { ConformanceTarget } from "./conformance-target.js";

/** The worker as it is deployed; `npm run build` makes it. */
const WORKER = resolve(__dirname, "../../../worker/dist/main.js");

/** How long a worker may take until it serves, milliseconds. */
const START_LIMIT_MS = 60_000;

/** Remote mode: a worker process of its own on a free port. */
export const workerTarget: ConformanceTarget = {
  async start(settings) {
    if (!existsSync(WORKER)) throw new Error("The worker is not built: run npm run build.");
    const port = await unusedPort();
    const serverUrl = `http://127.0.0.1:${String(port)}`;
    const worker = spawn(process.execPath, [WORKER], {
      env: {
        PATH: process.env["PATH"],
        HOST: "127.0.0.1",
        PORT: String(port),
        WORKER_ID: `conformance-${String(process.pid)}-${String(port)}`,
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = once(worker, "exit");
    let log = "";
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log = (log + text).slice(-20_000);
      });
    }
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await isReady(serverUrl))) {
      if (worker.exitCode !== null || performance.now() > deadline) {
        worker.kill("SIGKILL");
        throw new Error(`The worker did not come up:\n${log}`);
      }
      await elapsed(50);
    }
    return {
      clientOptions: { mode: "remote", serverUrl },
      stop: async () => {
        worker.kill("SIGTERM");
        const [code] = (await exited) as [number | null];
        if (code !== 0) throw new Error(`The worker ended with ${String(code)}:\n${log}`);
      },
    };
  },
};

async function isReady(serverUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${serverUrl}/ready`)).ok;
  } catch {
    return false;
  }
}
