import { describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { moduleForChild } from "../testing/child-program.js";

describe("KeepAlive", () => {
  const run = (program: string) =>
    spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  const prelude = `import { KeepAlive } from ${JSON.stringify(moduleForChild("local/keep-alive.ts"))};
    const keepAlive = new KeepAlive();
    const idle = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());`;

  it("lets a program get its answer although nothing else keeps it alive", () => {
    const program = `${prelude} await keepAlive.during(() => idle(50)); console.log("answered");`;
    expect(run(program)).toMatchObject({ status: 0, stdout: "answered\n" });
    const without = `${prelude} await idle(50); console.log("answered");`;
    expect(run(without)).toMatchObject({ status: 13, stdout: "" });
  });

  it("lets a program end when the last of several calls is over, however it ended", () => {
    const program = `${prelude}
      const end = keepAlive.begin();
      const failed = keepAlive.during(() => Promise.reject(new Error("x"))).catch(() => {});
      await failed;
      setTimeout(() => { console.log("still here"); end(); end(); }, 50).unref();`;
    expect(run(program)).toMatchObject({ status: 0, stdout: "still here\n" });
  });
});
