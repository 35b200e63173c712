import type { ConformanceTarget } from "./conformance-target.js";

/** Local mode: the engine room of the test's own process. */
export const localTarget: ConformanceTarget = {
  start: (settings) =>
    Promise.resolve({
      clientOptions: { mode: "local", settings },
      stop: () => Promise.resolve(),
    }),
};
