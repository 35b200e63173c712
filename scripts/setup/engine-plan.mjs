/**
 * @typedef {import("./engine-probe.mjs").EngineProbe} EngineProbe
 * @typedef {import("./host.mjs").Host} Host
 *
 * @typedef {object} EnginePlan what set-up does about the Docker engine
 * @property {"use" | "start" | "install" | "install-client" | "refuse"} action
 *   `use`: an engine answers, nothing is done; `start`: one is installed but does not run; `install`: install, then start if the
 *   package did not; `install-client`: an engine answers and only the `docker` program is missing; `refuse`: a person must act
 * @property {RefusalReason} [because] with `refuse`
 *
 * @typedef {"forbidden" | "windows-containers" | "chosen-silent" | "no-client" | "not-linux" | "not-root" | "no-apt"} RefusalReason
 */

/**
 * Decides what to do about the engine. It never touches an engine that answers, and never replaces one that somebody chose: when DOCKER_HOST
 * or a docker context names an engine, silence is theirs to mend, not a reason to install another.
 * @param {{ probe: EngineProbe, host: Host, hasDockerd: boolean }} facts `hasDockerd`: the engine's program is installed
 * @returns {EnginePlan}
 */
export function planEngine({ probe, host, hasDockerd }) {
  switch (probe.answer) {
    case "ready":
      return { action: "use" };
    case "forbidden":
    case "windows-containers":
      return { action: "refuse", because: probe.answer };
    case "no-client":
      return host.platform === "linux" && host.isRoot && host.usesApt
        ? { action: "install-client" }
        : { action: "refuse", because: "no-client" };
    case "silent":
      break;
  }
  if (probe.chosen) return { action: "refuse", because: "chosen-silent" };
  if (host.platform !== "linux") return { action: "refuse", because: "not-linux" };
  if (hasDockerd)
    return host.isRoot ? { action: "start" } : { action: "refuse", because: "not-root" };
  if (!host.usesApt) return { action: "refuse", because: "no-apt" };
  return host.isRoot ? { action: "install" } : { action: "refuse", because: "not-root" };
}
