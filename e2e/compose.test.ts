import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type SandboxClient } from "@sandbox-system/client";
import type { WorkerBody } from "@sandbox-system/contract";
import { freePort, until } from "@sandbox-system/service/testing";
import { CallLedger } from "./cluster/call-ledger.js";
import { converse, converseAll, Load } from "./cluster/conversations.js";

// Images may have to be built first.
jest.setTimeout(15 * 60_000);

const run = promisify(execFile);
const ROOT = join(__dirname, "..");

/** A stack beside any that the machine may have, so its names, port and run directory are its own. */
const PROJECT = `sandbox-e2e-${String(process.pid)}`;
const RUN_DIR = `/run/${PROJECT}`.slice(0, 40);

describe("the compose stack", () => {
  let url = "";
  let env: NodeJS.ProcessEnv;

  const cluster = async (...args: string[]): Promise<string> => {
    const { stdout } = await run("node", ["scripts/cluster.mjs", ...args], { cwd: ROOT, env });
    return stdout;
  };
  const compose = (...args: string[]) =>
    run("bash", ["-c", `docker compose "$@" || docker-compose "$@"`, "compose", ...args], {
      cwd: ROOT,
      env,
    });
  const workers = async (): Promise<WorkerBody[]> => {
    const answer = await fetch(`${url}/v1/workers`);
    return ((await answer.json()) as { workers: WorkerBody[] }).workers;
  };

  beforeAll(async () => {
    env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: PROJECT,
      WORKER_ID_PREFIX: `${PROJECT}-`,
      RUN_DIR,
      POOL_SIZE: "2",
      MIN_POOL_SIZE: "1",
      CPU_QUOTA: "0",
    };
    const port = await freePort();
    const printed = await cluster(`--port=${String(port)}`);
    url = `http://localhost:${String(port)}`;
    expect(printed).toContain(url);
  });

  afterAll(async () => {
    await cluster("down");
    rmSync(RUN_DIR, { recursive: true, force: true });
  });

  it("serves the README's session", async () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const section = readme.slice(readme.indexOf("## A session with curl\n"));
    const block = /```bash\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
    const pasted = block
      .replace(/^npm start.*$/m, "set -eu")
      .replaceAll("http://localhost:5000", url);
    const { stdout } = await run("bash", ["-c", pasted]);
    expect(stdout).toContain('"stdout":"6\\n"');
    expect(stdout).toContain('"name":"data.json"');
  });

  it("answers nobody but coordinators on a worker's port, and publishes no other port", async () => {
    const { stdout } = await run("docker", [
      ...["ps", "--filter", `label=com.docker.compose.project=${PROJECT}`],
      ...["--format", '{{.Label "com.docker.compose.service"}} {{.Ports}}'],
    ]);
    const published = stdout.split("\n").filter((line) => line.includes("->"));
    expect(published.map((line) => line.split(" ")[0])).toEqual(["coordinator"]);
    const asked = await compose(
      ...["exec", "-T", "coordinator", "node", "-e"],
      "fetch('http://worker1:5000/v1/sessions').then((answer) => console.log(answer.status))",
    );
    expect(asked.stdout.trim()).toBe("401");
  });

  it("restarts workers one by one under load: no failed command, no lost file", async () => {
    const ledger = new CallLedger();
    const clients = await converseAll(url, 4);
    const load = new Load(ledger, clients);
    for (const service of ["worker1", "worker2"]) {
      await load.more(20);
      await compose("restart", service);
      await until(async () => {
        const states = await workers();
        return states.length === 2 && states.every(({ status }) => status === "active");
      });
    }
    await load.more(20);
    await load.stop();
    expect(ledger.codes).toEqual({});
    for (const client of clients) {
      expect(await ledger.faults(client)).toEqual([]);
      await client.close();
    }
  });

  it("takes a third worker, which gets sessions", async () => {
    const known = new Set((await workers()).map(({ worker_id: id }) => id));
    await cluster("--scale=1");
    await until(async () => (await workers()).length === 3);
    const third = (await workers()).find(({ worker_id: id }) => !known.has(id));
    const clients: SandboxClient[] = [];
    await until(async () => {
      clients.push(await converse(url));
      return clients.at(-1)?.session?.workerId === third?.worker_id;
    });
    expect((await clients.at(-1)?.execute("echo here"))?.stdout).toBe("here\n");
    await Promise.all(clients.map((client) => client.close()));
  });

  it("leaves nothing when it is taken down", async () => {
    const owners = (await workers()).map(({ worker_id: id }) => id);
    const client = await converse(url);
    await client.execute("echo left > file");
    await cluster("down");
    const project = `label=com.docker.compose.project=${PROJECT}`;
    const left = await Promise.all([
      run("docker", ["ps", "-aq", "--filter", project]),
      run("docker", ["volume", "ls", "-q", "--filter", project]),
      run("docker", ["network", "ls", "-q", "--filter", project]),
      ...owners.map((id) => run("docker", ["ps", "-aq", "--filter", `label=sandbox.worker=${id}`])),
    ]);
    expect(left.map(({ stdout }) => stdout)).toEqual(left.map(() => ""));
  });
});
