import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as elapsed } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A program of its own process, and what it said. */
export interface LocalProgram {
  readonly process: ChildProcess;
  readonly ended: Promise<ProgramEnd>;
  /** Resolves when the program has printed `text`, rejects when it ends without. */
  saying(text: string): Promise<void>;
}

/** How a program ended. */
interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The worker ids that its engine rooms begin with. */
  readonly workerPrefix: string;
}

/** Starts `node` with these arguments in `cwd`; extra environment wins over the test's own. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = process.cwd(),
): LocalProgram {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, CPU_QUOTA: "100000", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code, signal]: (number | string | null)[]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stdout,
    stderr,
    workerPrefix: `local-${String(child.pid)}-`,
  }));
  return {
    process: child,
    ended,
    saying: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.includes(text)) resolve();
        };
        child.stdout.on("data", look);
        look();
        void ended.then(() => {
          reject(new Error(`It ended without saying ${text}: ${stderr}`));
        });
      }),
  };
}

/** Containers of the workers whose id begins with `prefix`, running or not. */
export async function containersOf(prefix: string): Promise<string[]> {
  const format = '{{.ID}} {{.Label "sandbox.worker"}}';
  const filter = "label=sandbox.worker";
  const { stdout } = await run("docker", ["ps", "-a", "--filter", filter, "--format", format]);
  return stdout.split("\n").filter((line) => line.split(" ")[1]?.startsWith(prefix));
}

/** Resolves when no such container is left; rejects when some still are after `limitMs`. */
export async function untilNoContainers(prefix: string, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const left = await containersOf(prefix);
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`Containers are left: ${left.join(", ")}`);
    await elapsed(100);
  }
}
