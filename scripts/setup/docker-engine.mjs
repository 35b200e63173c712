import { installPackages, isInstallable } from "./apt.mjs";
import { startEngine } from "./dockerd.mjs";
import { engineRefusal } from "./engine-advice.mjs";
import { planEngine } from "./engine-plan.mjs";
import { probeEngine } from "./engine-probe.mjs";
import { findProgram } from "./host.mjs";

/** Debian's engine. iptables is only recommended by it, yet its bridge network does not come up without. */
const ENGINE_PACKAGES = ["docker.io", "iptables"];

/** The command line program, where the archive keeps it in a package of its own (Debian 13 and newer; before, it is part of docker.io). */
const CLIENT_PACKAGE = "docker-cli";

/**
 * The facts on which the plan rests.
 * @param {import("./step.mjs").Context} context
 */
async function gatherFacts(context) {
  return {
    probe: await probeEngine(context),
    host: context.host,
    hasDockerd: findProgram("dockerd", context.env) !== undefined,
  };
}

/** A Docker engine that answers. One that does is never touched; one is installed or started only by root on Linux. */
export const dockerEngine = /** @satisfies {import("./step.mjs").Step} */ ({
  title: "Docker engine",
  async inspect(context) {
    const { probe, hasDockerd } = await gatherFacts(context);
    if (probe.answer === "ready")
      return {
        ready: true,
        detail: probe.chosen ? `${probe.version} at ${probe.endpoint}` : probe.version,
      };
    return {
      ready: false,
      detail: hasDockerd ? "installed, but it does not answer" : "none answers",
    };
  },
  async provide(context) {
    const facts = await gatherFacts(context);
    const plan = planEngine(facts);
    if (plan.because !== undefined) throw engineRefusal(plan.because, facts);
    if (plan.action === "use") return facts.probe.version;
    if (plan.action === "install-client") return installClient(context, facts);
    if (plan.action === "start") {
      const started = await startEngine(context);
      return `${started.version} started, ${started.how}`;
    }
    await installPackages(context, ENGINE_PACKAGES);
    if (findProgram("docker", context.env) === undefined)
      await installPackages(context, [CLIENT_PACKAGE]);
    // Where services are started on installation the engine may be up, or on its way; startEngine waits for it in that case.
    const { probe } = await gatherFacts(context);
    if (probe.answer === "ready") return `${probe.version} installed, running as a service`;
    const started = await startEngine(context);
    return `${started.version} installed and started, ${started.how}`;
  },
});

/**
 * Installs the command line program alone. Where it comes only together with an engine it is not installed: the package
 * would start a second engine beside the one that answers.
 * @param {import("./step.mjs").Context} context
 * @param {Awaited<ReturnType<typeof gatherFacts>>} facts
 */
async function installClient(context, facts) {
  if (!(await isInstallable(context, CLIENT_PACKAGE))) throw engineRefusal("no-client", facts);
  await installPackages(context, [CLIENT_PACKAGE]);
  return "docker program installed";
}
