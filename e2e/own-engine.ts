import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@sandbox-system/service/testing";

/** Why this machine cannot run an engine of the test's own; undefined: it can. */
export function engineObstacle(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  try {
    execFileSync("dockerd", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "dockerd is not installed here (the engine in use is elsewhere)";
  }
}

/**
 * A Docker engine beside the machine's own, with data, socket and containers of its own and no network: it may be stopped and killed without
 * anybody else noticing.
 */
export class OwnEngine {
  // Short, because unix socket paths are.
  readonly #directory = mkdtempSync(join(tmpdir(), "eng-"));
  #process: ChildProcess | undefined;

  /** For DOCKER_HOST. */
  get host(): string {
    return `unix://${join(this.#directory, "docker.sock")}`;
  }

  /** Starts it; resolves when it answers. */
  async start(): Promise<void> {
    const below = (name: string): string => join(this.#directory, name);
    const log = openSync(below("log"), "a");
    const storage = ["--data-root", below("data"), "--exec-root", below("run")];
    const network = ["--bridge=none", "--iptables=false", "--ip-masq=false"];
    const control = ["--pidfile", below("pid"), "--host", this.host];
    // In a network namespace of its own: an engine that is told to do without a bridge removes the one it finds.
    const program = ["--net", "--", "dockerd", ...storage, ...network, ...control];
    this.#process = spawn("unshare", program, {
      stdio: ["ignore", log, log],
    });
    await until(() => this.#answers());
  }

  /** Copies an image from the machine's engine. */
  loadImage(reference: string): void {
    const pipe = `docker save ${reference} | docker --host ${this.host} load`;
    execFileSync("bash", ["-c", pipe], { stdio: "ignore" });
  }

  /** Ends it, and its containers with it. */
  async stop(): Promise<void> {
    const engine = this.#process;
    if (engine?.exitCode !== null) return;
    const ended = once(engine, "exit");
    engine.kill("SIGTERM");
    await ended;
  }

  async cleanUp(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #answers(): boolean {
    try {
      execFileSync("docker", ["--host", this.host, "info"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  }
}
