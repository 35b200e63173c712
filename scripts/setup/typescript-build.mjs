import path from "node:path";

/** The compiler of this checkout, started by the Node.js that runs set-up: no shell, no npx, the same on every system. */
const COMPILER = "node_modules/typescript/bin/tsc";

/** The packages' dist folders. `tsc -b` itself knows what is older than its sources. */
export const typescriptBuild = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "TypeScript build",
  async inspect({ root, run }) {
    const dry = await run(process.execPath, [path.join(root, COMPILER), "--build", "--dry"]);
    const stale = dry.stdout
      .split("\n")
      .filter((line) => line.includes("A non-dry build would")).length;
    const current = dry.code === 0 && stale === 0;
    return current
      ? { ready: true, detail: "up to date" }
      : { ready: false, detail: "sources are newer" };
  },
  async provide({ root, must, report }) {
    report.doing("tsc --build");
    await must("Compiling", process.execPath, [path.join(root, COMPILER), "--build"]);
    return "compiled";
  },
});
