import { ensureBaseImage } from "./base-image.mjs";
import { buildImage } from "./docker-build.mjs";
import { hashImageInputs } from "./image-inputs.mjs";

/** The image that sandboxes run from; the default of CONTAINER_IMAGE. */
const SANDBOX_IMAGE = "sandbox-secure:latest";

/** The sandbox image, built from the sources of this checkout. */
export const sandboxImage = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "sandbox image",
  async inspect({ root, run, rebuild }) {
    const label = '{{index .Config.Labels "sandbox.inputs"}}';
    const inspected = await run("docker", ["image", "inspect", "--format", label, SANDBOX_IMAGE]);
    if (inspected.code !== 0) return { ready: false, detail: "not built" };
    if (inspected.stdout.trim() !== hashImageInputs(root))
      return { ready: false, detail: "older than its sources" };
    return rebuild
      ? { ready: false, detail: "to be rebuilt" }
      : { ready: true, detail: SANDBOX_IMAGE };
  },
  async provide(context) {
    const { run } = context;
    await ensureBaseImage(context);
    const previous = await run("docker", [
      "image",
      "inspect",
      "--format",
      "{{.Id}}",
      SANDBOX_IMAGE,
    ]);
    context.report.doing(`building ${SANDBOX_IMAGE}`);
    await buildImage(context, {
      tag: SANDBOX_IMAGE,
      inputs: hashImageInputs(context.root),
      fresh: context.rebuild,
    });
    const { stdout } = await run("docker", [
      "image",
      "inspect",
      "--format",
      "{{.Id}} {{.Size}}",
      SANDBOX_IMAGE,
    ]);
    const [id, size] = stdout.trim().split(" ");
    // Nobody can name the one before any more. The engine keeps it where a container still runs from it, or another tag names it.
    if (previous.code === 0 && previous.stdout.trim() !== id)
      await run("docker", ["image", "rm", previous.stdout.trim()]);
    return `${SANDBOX_IMAGE} built, ${Math.round(Number(size) / 1e6)} MB`;
  },
});
