/** A registry in reach answers in a second or two; without one, some networks swallow packets for minutes. */
const REGISTRY_ANSWER_MS = 30_000;

/** A hundred megabytes over a slow line. */
const PULL_TIMEOUT_MS = 15 * 60_000;

/**
 * Tries to get an image from the registry that its name says.
 * @param {Pick<import("./step.mjs").Context, "run" | "report">} context
 * @param {string} reference
 * @returns {Promise<boolean>} whether the engine has it now
 */
export async function pullImage({ run, report }, reference) {
  report.doing(`pulling ${reference}`);
  const pulled = await run("docker", ["pull", reference], {
    firstOutputMs: REGISTRY_ANSWER_MS,
    timeoutMs: PULL_TIMEOUT_MS,
  });
  return pulled.code === 0;
}
