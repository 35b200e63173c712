import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { containersOf, startProgram } from "../packages/client/src/testing/local-program.js";

jest.setTimeout(120_000);

const ROOT = join(__dirname, "..");

const PROGRAM = `
import { SandboxClient } from "@sandbox-system/client";
const client = new SandboxClient({ mode: "local" });
await client.getOrCreateSession({ userId: "u", threadId: "t" });
await client.execute("echo here > f");
console.log("ready");
setInterval(() => {}, 1000);
`;

/** Resolves when that many containers of a worker have been removed, as the engine tells. */
async function removed(workerId: string, count: number): Promise<void> {
  const filters = ["--filter", "event=destroy", "--filter", `label=sandbox.worker=${workerId}`];
  const events = spawn("docker", ["events", ...filters, "--format", "{{.ID}}"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let seen = 0;
  for await (const chunk of events.stdout as AsyncIterable<Buffer>) {
    seen += chunk.toString().trim().split("\n").length;
    if (seen >= count) break;
  }
  events.kill();
}

describe("an application in local mode that is killed without warning", () => {
  it("leaves no container: each ends itself when its owner has fallen silent", async () => {
    const program = startProgram(
      ["--input-type=module", "-e", PROGRAM],
      { POOL_SIZE: "1", MIN_POOL_SIZE: "0" },
      ROOT,
    );
    await program.saying("ready");
    const left = await containersOf(`local-${String(program.process.pid)}-`);
    expect(left.length).toBeGreaterThan(0);
    const workerId = left[0]?.split(" ")[1] ?? "";
    const gone = removed(workerId, left.length);
    program.process.kill("SIGKILL");
    await once(program.process, "exit");
    await gone;
    expect(await containersOf(`local-${String(program.process.pid)}-`)).toEqual([]);
  });
});
