import { describe, expect, it, jest } from "@jest/globals";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { containersOf, startProgram, untilNoContainers } from "./testing/local-program.js";

jest.setTimeout(60_000);

const CLIENT = resolve(__dirname, "../dist/index.js");

/** How long the cleanup process may take after its parent died, milliseconds: seconds on a busy machine. */
const CLEANUP_LIMIT_MS = 20_000;

const PRELUDE = `
  import { SandboxClient } from ${JSON.stringify(pathToFileURL(CLIENT).href)};
  const client = new SandboxClient({ mode: "local" });
  await client.getOrCreateSession({ userId: "u", threadId: "t" });
  console.log((await client.execute("echo ready")).stdout);
`;

const start = (program: string) => {
  if (!existsSync(CLIENT)) throw new Error("The client is not built: run npm run build.");
  return startProgram(["--input-type=module", "-e", PRELUDE + program]);
};

const HOLD = "setInterval(() => {}, 1000);";

describe("when a program in local mode ends, its containers go", () => {
  it("before it, when it has nothing left to do", async () => {
    const { code, workerPrefix, stderr } = await start("").ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await containersOf(workerPrefix)).toEqual([]);
  });

  it("with close(), after which nothing holds it up", async () => {
    const { code, stdout, workerPrefix } = await start(
      'await client.close(); console.log("closed");',
    ).ended;
    expect(stdout).toContain("closed");
    expect(code).toBe(0);
    expect(await containersOf(workerPrefix)).toEqual([]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("before it dies of %s", async (name) => {
    const program = start(HOLD);
    await program.saying("ready");
    program.process.kill(name);
    const { code, signal, workerPrefix } = await program.ended;
    expect({ code, signal }).toEqual({ code: null, signal: name });
    expect(await containersOf(workerPrefix)).toEqual([]);
  });

  it("after process.exit()", async () => {
    const { code, workerPrefix } = await start("process.exit(5);").ended;
    expect(code).toBe(5);
    await untilNoContainers(workerPrefix, CLEANUP_LIMIT_MS);
  });

  it("after an uncaught error", async () => {
    const { code, stderr, workerPrefix } = await start('throw new Error("mine");').ended;
    expect(code).toBe(1);
    expect(stderr).toContain("Error: mine");
    await untilNoContainers(workerPrefix, CLEANUP_LIMIT_MS);
  });
});
