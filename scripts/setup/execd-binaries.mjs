import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { ensureBaseImage } from "./base-image.mjs";
import { buildImage } from "./docker-build.mjs";
import { hashImageInputs } from "./image-inputs.mjs";

/** Where `execdBinaryPath` of the execd package looks. Relative to the checkout. */
const FOLDER = "packages/execd/dist";

/** A sandbox image may be of either, whatever this machine is. */
const BINARIES = ["execd-linux-amd64", "execd-linux-arm64"];

/** Holds the hash of the sources that the binaries were compiled from; written last. */
const STAMP = ".inputs";

/** The image that the binaries are taken out of; it holds nothing else and is removed afterwards. */
const CARRIER = "sandbox-execd:latest";

/**
 * The execd binaries on this machine, for injection into images that do not have execd baked in. They come out of the build stage of the
 * sandbox image, so that no Go is needed here, and right after that image was built they come from its cached layers.
 */
export const execdBinaries = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "execd binaries",
  async inspect({ root }) {
    const stamp = path.join(root, FOLDER, STAMP);
    if (BINARIES.some((name) => !existsSync(path.join(root, FOLDER, name))))
      return { ready: false, detail: "not there" };
    const current = existsSync(stamp) && readFileSync(stamp, "utf8") === hashImageInputs(root);
    return current
      ? { ready: true, detail: "amd64, arm64" }
      : { ready: false, detail: "older than their sources" };
  },
  async provide(context) {
    const { root, must, run, report } = context;
    const inputs = hashImageInputs(root);
    await ensureBaseImage(context);
    report.doing("compiling");
    await buildImage(context, { tag: CARRIER, inputs, target: "execd" });
    report.doing("copying");
    // The command is never run, but a container without one cannot be created.
    const created = await must("Opening the image of the execd binaries", "docker", [
      "create",
      CARRIER,
      "/never-started",
    ]);
    const container = created.stdout.trim().split("\n").at(-1) ?? "";
    try {
      await copyOut(context, container);
    } finally {
      await run("docker", ["rm", container]);
      await run("docker", ["image", "rm", CARRIER]);
    }
    writeFileSync(path.join(root, FOLDER, STAMP), inputs);
    return BINARIES.join(", ");
  },
});

/**
 * Copies each binary beside its place and renames it into it: a process that reads or runs the old one keeps it whole.
 * @param {import("./step.mjs").Context} context
 * @param {string} container
 */
async function copyOut({ root, must }, container) {
  const folder = path.join(root, FOLDER);
  mkdirSync(folder, { recursive: true });
  // Without its stamp the set counts as missing, should this end half-way.
  rmSync(path.join(folder, STAMP), { force: true });
  for (const name of BINARIES) {
    const draft = path.join(folder, `${name}.new`);
    await must(`Copying ${name}`, "docker", ["cp", `${container}:/${name}`, draft]);
    chmodSync(draft, 0o755);
    renameSync(draft, path.join(folder, name));
  }
}
