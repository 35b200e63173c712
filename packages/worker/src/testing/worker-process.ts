import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@sandbox-system/contract";
import { ServerProcess } from "@sandbox-system/service/testing";

/** The built program; tests of the process run from the repository's root. */
const MAIN = join(process.cwd(), "packages", "worker", "dist", "main.js");

/** A worker as it really runs: its own process, port, name and run directory, over the machine's Docker engine. */
export class WorkerProcess extends ServerProcess {
  readonly workerId: string;
  readonly #runDir: string;

  /** `env`: in all its lives. */
  constructor(env: Environment = {}) {
    const workerId = `test-${String(process.pid)}-${Math.random().toString(36).slice(2, 8)}`;
    const runDir = mkdtempSync(join(tmpdir(), "swt-"));
    super({
      main: MAIN,
      directory: runDir,
      env: {
        WORKER_ID: workerId,
        RUN_DIR: runDir,
        POOL_SIZE: "1",
        MIN_POOL_SIZE: "0",
        MAX_POOL_SIZE: "4",
        CPU_QUOTA: "0",
        COMMAND_POLICY: "off",
        ...env,
      },
    });
    this.workerId = workerId;
    this.#runDir = runDir;
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
    await this.kill();
    for (const id of this.containers()) execFileSync("docker", ["rm", "-fv", id]);
    rmSync(this.#runDir, { recursive: true, force: true });
  }
}
