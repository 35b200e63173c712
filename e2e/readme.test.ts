import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { containersOf, startProgram } from "../packages/client/src/testing/local-program.js";
import { WorkerProcess } from "../packages/worker/src/testing/worker-process.js";

jest.setTimeout(60_000);

const run = promisify(execFile);
const ROOT = join(__dirname, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The first block of code below a heading, as a reader would paste it. */
function blockBelow(heading: string, language: string): string {
  const section = README.slice(README.indexOf(`## ${heading}\n`));
  const block = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section)?.[1];
  if (block === undefined) throw new Error(`README.md has no ${language} block below ${heading}`);
  return block;
}

describe("the README", () => {
  const worker = new WorkerProcess();

  beforeAll(() => worker.start({ COMMAND_POLICY: "enforce" }));
  afterAll(() => worker.cleanUp());

  it("its curl session works as pasted", async () => {
    const pasted = blockBelow("A session with curl", "bash")
      .replace(/^npm start.*$/m, "set -eu")
      .replaceAll("http://localhost:5000", worker.url);
    expect(pasted).toContain("set -eu");
    const { stdout } = await run("bash", ["-c", pasted]);
    expect(stdout).toContain('"stdout":"6\\n"');
    expect(stdout).toContain('"name":"data.json"');
    expect(stdout).toContain('{"data": [1,2,3]}');
    const sessions = (await (await fetch(`${worker.url}/v1/sessions`)).json()) as object;
    expect(sessions).toMatchObject({ sessions: [] });
  });

  it.each([
    ["local", (code: string) => code],
    [
      "remote",
      (code: string) =>
        code
          .replace(/^const client = .*$/m, "")
          .replace("// or: new SandboxClient(", "const client = new SandboxClient(")
          .replace("http://localhost:5000", worker.url),
    ],
  ])("its TypeScript session works as pasted, %s mode", async (_mode, edit) => {
    const pasted = edit(blockBelow("A session in TypeScript", "ts"));
    const program = startProgram(["--input-type=module", "-e", pasted], { POOL_SIZE: "1" }, ROOT);
    const { code, stdout, stderr, workerPrefix } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("6\n\nTotal files: 1\n");
    expect(await containersOf(workerPrefix)).toEqual([]);
  });
});
