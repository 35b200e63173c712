import { SetupFailure } from "./failure.mjs";

/** The oldest Node.js that the packages run on; package.json's `engines` says the same. */
export const MINIMUM_NODE = "20.19.0";

/**
 * Whether a version is at least another; both `major.minor.patch`, a leading "v" and what follows a "-" do not count.
 * @param {string} version
 * @param {string} minimum
 * @returns {boolean}
 */
export function isAtLeast(version, minimum) {
  const [have, want] = [version, minimum].map(
    (text) => text.replace(/^v/, "").split("-")[0]?.split(".").map(Number) ?? [],
  );
  for (let i = 0; i < 3; i++) {
    const difference = (have?.[i] ?? 0) - (want?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The Node.js that runs these scripts is recent enough. Set-up cannot replace the program that it runs in, so it says how to. */
export const nodeVersion = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "Node.js",
  inspect: async () => ({
    ready: isAtLeast(process.version, MINIMUM_NODE),
    detail: process.version.slice(1),
  }),
  provide: async () => {
    throw new SetupFailure(
      `Node.js ${process.version.slice(1)} is too old: ${MINIMUM_NODE} or newer is needed.`,
      [
        "With nvm:            nvm install 22 && nvm use 22",
        "On macOS:            brew install node@22",
        "Anything else:       https://nodejs.org/en/download",
      ],
    );
  },
});
