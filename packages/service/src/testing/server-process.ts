import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "@sandbox-system/contract";

/** Time between two looks at something outside this process, milliseconds. */
const POLL_MS = 50;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a {@link ServerProcess} runs. */
export interface ServerProgram {
  /** The built program. */
  readonly main: string;
  readonly directory: string;
  /** Beside HOST, PORT and what the machine needs. */
  readonly env: Environment;
}

/** A server as it really runs: a process of its own on a port of the loopback, which it keeps over restarts. */
export class ServerProcess {
  readonly #program: ServerProgram;
  #port = 0;
  #child: ChildProcess | undefined;
  #output = "";
  #exit: Promise<Exit> | undefined;

  constructor(program: ServerProgram) {
    this.#program = program;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Whether it runs; a paused one does. */
  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Everything it has printed, in all its lives. */
  get output(): string {
    return this.#output;
  }

  /** Starts it; resolves when it is ready. After its end it may be started again. */
  async start(env: Environment = {}): Promise<void> {
    await this.spawn(env);
    await this.ready();
  }

  /** Starts it and waits for nothing. */
  async spawn(env: Environment = {}): Promise<void> {
    const { main, directory, env: own } = this.#program;
    if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
    if (this.#port === 0) this.#port = await freePort();
    const child = spawn(process.execPath, [main], {
      cwd: directory,
      env: {
        PATH: process.env["PATH"],
        DOCKER_HOST: process.env["DOCKER_HOST"],
        HOST: "127.0.0.1",
        PORT: String(this.#port),
        ...own,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#exit = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  /** Resolves when it answers that it is ready; rejects when it ends instead. */
  async ready(): Promise<void> {
    await until(async () => {
      if (!this.isRunning) throw new Error(`The process ended:\n${this.#output}`);
      return (await this.#status("/ready")) === 200;
    });
  }

  /** Sends a signal and waits for nothing. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.exited();
  }

  async exited(): Promise<Exit> {
    return (await this.#exit) ?? { code: null, signal: null };
  }

  /** Ends it if it runs, paused or not. */
  async kill(): Promise<void> {
    if (this.isRunning) await this.end("SIGKILL");
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const kib = execFileSync("ps", ["-o", "rss=", "-p", String(this.pid)], { encoding: "utf8" });
    return Number(kib) * 1024;
  }

  async #status(path: string): Promise<number> {
    try {
      return (await fetch(this.url + path, { signal: AbortSignal.timeout(2000) })).status;
    } catch {
      return 0;
    }
  }
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
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
