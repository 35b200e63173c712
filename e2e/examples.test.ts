import { describe, expect, it, jest } from "@jest/globals";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { workerTarget } from "../packages/client/src/conformance/worker-target.js";
import { containersOf, startProgram } from "../packages/client/src/testing/local-program.js";

jest.setTimeout(60_000);

const EXAMPLES = resolve(__dirname, "../examples");

/** What each example prints, whole. */
const LOCAL: Readonly<Record<string, string>> = {
  "quick-start-local": "6\nTotal files: 1\n",
  "bash-tool": "Exit code: 0\nOutput: 3\n\n",
  "error-handling": [
    "Exit code 0: fine",
    "Exit code 1: cat: missing.txt: No such file or directory",
    "Timed out, exit code 124",
    'Invalid command: Command "wget" is forbidden. The sandbox has no network: upload the data through the file upload API instead.',
    "",
  ].join("\n"),
  files: "name,value\nb,2\na,1\n\na,1\nb,2\n\nfrom memory\n",
  cleanup: [
    "Session after closeSession: none",
    "In the block: exit code 0",
    "After the block: session, files and containers are gone",
    "",
  ].join("\n"),
  batch: [
    '0 ""',
    '0 "a\\nb\\n"',
    '-1 "Command \\"rm\\" is forbidden. Delete files through the files API, or write to a new file name."',
    '0 "2\\n"',
    "",
  ].join("\n"),
  "resource-usage": "Files: 1/1000\nSize: 3.00 MB / 500 MB\n",
  migration: "6 6\nSession recreated: false\n",
};

const compiled = (example: string): string => {
  const program = join(EXAMPLES, "dist", `${example}.js`);
  if (!existsSync(program)) throw new Error("The examples are not built: run npx tsc -b examples.");
  return program;
};

describe("the examples", () => {
  it("are all tried here", () => {
    const sources = readdirSync(EXAMPLES).filter((name) => name.endsWith(".ts"));
    const tried = [...Object.keys(LOCAL), "quick-start-remote"].map((name) => `${name}.ts`);
    expect(sources.sort()).toEqual(tried.sort());
  });

  it.each(Object.entries(LOCAL))(
    "%s prints what it should and leaves nothing",
    async (name, text) => {
      const { code, stdout, stderr, workerPrefix } = await startProgram([compiled(name)]).ended;
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: text, stderr: "" });
      expect(await containersOf(workerPrefix)).toEqual([]);
    },
  );

  it("quick-start-remote works against a worker", async () => {
    const worker = await workerTarget.start({ POOL_SIZE: "1", MIN_POOL_SIZE: "0" });
    try {
      const { clientOptions } = worker;
      if (clientOptions.mode !== "remote") throw new Error("not a server");
      const program = [compiled("quick-start-remote")];
      const { code, stdout, stderr } = await startProgram(program, {
        SANDBOX_URL: clientOptions.serverUrl,
      }).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^total \S+\n-rw-r--r-- .* 6 .* greeting\.txt\n\n$/);
    } finally {
      await worker.stop();
    }
  });
});
