import { ensureBaseImage } from "./base-image.mjs";
import { buildImage } from "./docker-build.mjs";
import { imageInputsLabel, replaceImage } from "./docker-image.mjs";
import { hashImageInputs } from "./image-inputs.mjs";

/** The image that sandboxes run from; the default of CONTAINER_IMAGE. */
const SANDBOX_IMAGE = "sandbox-secure:latest";

/** The sandbox image, built from the sources of this checkout. */
export const sandboxImage = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "sandbox image",
  async inspect(context) {
    const inputs = await imageInputsLabel(context, SANDBOX_IMAGE);
    if (inputs === undefined) return { ready: false, detail: "not built" };
    if (inputs !== hashImageInputs(context.root))
      return { ready: false, detail: "older than its sources" };
    return context.rebuild
      ? { ready: false, detail: "to be rebuilt" }
      : { ready: true, detail: SANDBOX_IMAGE };
  },
  async provide(context) {
    await ensureBaseImage(context);
    context.report.doing(`building ${SANDBOX_IMAGE}`);
    return replaceImage(context, SANDBOX_IMAGE, () =>
      buildImage(context, {
        tag: SANDBOX_IMAGE,
        inputs: hashImageInputs(context.root),
        fresh: context.rebuild,
      }),
    );
  },
});
