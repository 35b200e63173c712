import { afterEach, describe, expect, it } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { moduleForChild } from "./testing/child-program.js";

const MODULE = moduleForChild("host-process.ts");

/** Watches its end as an engine room does; `hold()` keeps the event loop busy. */
const PRELUDE = `
  import { hostProcess } from ${JSON.stringify(MODULE)};
  const say = (text) => process.stdout.write(text + "\\n");
  const hold = () => { globalThis.held = setInterval(() => {}, 1000); };
  const soon = () => new Promise((resolve) => setTimeout(resolve, 20));
  let idles = 0;
  const unwatch = hostProcess.watchEnd({
    onIdle: async () => { say("idle"); await soon(); say("stopped"); unwatch(); },
    onSignal: async () => { say("signal"); await soon(); say("stopped"); },
    onExit: () => { say("exit"); },
  });
`;

describe("the end of a process", () => {
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** Runs a program; sends it `signals`, one for each line it says with "ready" in it. */
  async function run(program: string, ...signals: NodeJS.Signals[]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PRELUDE + program], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(child);
    const said: string[] = [];
    let partial = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "ready") child.kill(signals.shift());
        else said.push(line);
      }
    });
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    return { said, code, signal };
  }

  it("is announced when nothing is left to do, and waits", async () => {
    expect(await run("")).toEqual({ said: ["idle", "stopped"], code: 0, signal: null });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("by %s waits, then is by that signal", async (signal) => {
    const result = await run('hold(); say("ready");', signal);
    expect(result).toEqual({ said: ["signal", "stopped"], code: null, signal });
  });

  it("by a second signal does not wait", async () => {
    const program = `
      hold();
      hostProcess.watchEnd({
        onIdle: async () => {}, onExit: () => {},
        onSignal: () => { say("ready"); return new Promise(() => {}); },
      });
      process.removeAllListeners("SIGTERM");
      hostProcess.watchEnd({
        onIdle: async () => {}, onExit: () => { say("cleanup"); },
        onSignal: () => { say("ready"); return new Promise(() => {}); },
      });
      say("ready");`;
    const result = await run(program, "SIGTERM", "SIGTERM");
    expect(result).toEqual({ said: ["cleanup"], code: null, signal: "SIGTERM" });
  });

  it("is left to an application that handles signals itself", async () => {
    const program = `hold();
      process.on("SIGTERM", () => { say("application"); process.exit(7); });
      say("ready");`;
    const result = await run(program, "SIGTERM");
    expect(result).toEqual({ said: ["application", "exit"], code: 7, signal: null });
  });

  it("is announced at once by process.exit()", async () => {
    expect(await run("process.exit(3)")).toEqual({ said: ["exit"], code: 3, signal: null });
  });

  it("is announced at once by an uncaught error", async () => {
    const result = await run('hold(); setTimeout(() => { throw new Error("x"); }, 1)');
    expect(result).toEqual({ said: ["exit"], code: 1, signal: null });
  });

  it("is not announced any more once nobody watches", async () => {
    expect(await run("unwatch()")).toEqual({ said: [], code: 0, signal: null });
    const result = await run('hold(); unwatch(); say("ready");', "SIGINT");
    expect(result).toEqual({ said: [], code: null, signal: "SIGINT" });
  });
});
