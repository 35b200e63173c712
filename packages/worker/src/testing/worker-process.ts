import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "@sandbox-system/contract";

/** The built program; tests of the process run from the repository's root. */
const MAIN = join(process.cwd(), "packages", "worker", "dist", "main.js");

/** Time between two looks at something outside this process, milliseconds. */
const POLL_MS = 50;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A worker as it really runs: its own process, port, name and run directory, over the machine's Docker engine. */
export class WorkerProcess {
  readonly workerId = `test-${String(process.pid)}-${Math.random().toString(36).slice(2, 8)}`;
  readonly #runDir = mkdtempSync(join(tmpdir(), "swt-"));
  #child: ChildProcess | undefined;
  #output = "";
  #exit: Promise<Exit> | undefined;
  url = "";

  /** Starts it; resolves when it is ready. After a kill it may be started again, under the same name. */
  async start(env: Environment = {}): Promise<void> {
    await this.spawn(env);
    while ((await this.#status("/ready")) !== 200) {
      if (this.#child?.exitCode !== null) throw new Error(`The worker ended:\n${this.#output}`);
      await delay(POLL_MS);
    }
  }

  /** Starts it and waits for nothing. */
  async spawn(env: Environment = {}): Promise<void> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`);
    const port = await freePort();
    this.url = `http://127.0.0.1:${String(port)}`;
    this.#child = spawn(process.execPath, [MAIN], {
      cwd: this.#runDir,
      env: {
        PATH: process.env["PATH"],
        DOCKER_HOST: process.env["DOCKER_HOST"],
        HOST: "127.0.0.1",
        PORT: String(port),
        WORKER_ID: this.workerId,
        RUN_DIR: this.#runDir,
        POOL_SIZE: "1",
        MIN_POOL_SIZE: "0",
        MAX_POOL_SIZE: "4",
        CPU_QUOTA: "0",
        COMMAND_POLICY: "off",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const child = this.#child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#exit = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.#child?.kill(signal);
    return this.exited();
  }

  async exited(): Promise<Exit> {
    return (await this.#exit) ?? { code: null, signal: null };
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const kib = execFileSync("ps", ["-o", "rss=", "-p", String(this.pid)], { encoding: "utf8" });
    return Number(kib) * 1024;
  }

  /** Ids of the containers, running or not, that carry this worker's name. */
  containers(): string[] {
    const filter = `label=sandbox.worker=${this.workerId}`;
    const ids = execFileSync("docker", ["ps", "-aq", "--no-trunc", "--filter", filter], {
      encoding: "utf8",
    });
    return ids.split("\n").filter((id) => id !== "");
  }

  /** Ends whatever is left of it. */
  async cleanUp(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null)
      await this.end("SIGKILL");
    for (const id of this.containers()) execFileSync("docker", ["rm", "-fv", id]);
    rmSync(this.#runDir, { recursive: true, force: true });
  }

  async #status(path: string): Promise<number> {
    try {
      return (await fetch(this.url + path)).status;
    } catch {
      return 0;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until `condition` holds; for states outside this process that announce themselves to nobody. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(POLL_MS);
}
