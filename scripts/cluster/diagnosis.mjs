import { SetupFailure } from "../setup/failure.mjs";
import { tail } from "../setup/run.mjs";
import { standing } from "./containers.mjs";

/** What explains an end stands among the last lines. */
const LOG_LINES = 20;

/** How engines and Compose say that a port of the machine is taken. */
const PORT_TAKEN = /port is already allocated|address already in use|ports are not available/i;

/**
 * Why a cluster did not come up: what Compose said, or else the last words of the containers that failed.
 * @param {import("../setup/step.mjs").Context} context
 * @param {readonly import("./containers.mjs").ClusterContainer[]} containers
 * @param {string} output of Compose; "" when it succeeded
 * @returns {Promise<SetupFailure>}
 */
export async function explainFailure(context, containers, output) {
  const advice = [
    "See more:         npm run cluster -- logs",
    "Once more:        npm run cluster",
    "Remove it all:    npm run cluster:down",
  ];
  if (PORT_TAKEN.test(output)) {
    return new SetupFailure(`A port of this machine is taken:\n\n${tail(output, LOG_LINES)}`, [
      "Use another:      npm run cluster -- --port=8001",
      ...advice,
    ]);
  }
  const failed = containers.filter((container) => standing(container) === "failed");
  const guilty = failed.length > 0 ? failed : containers.filter((one) => standing(one) !== "up");
  const words = [];
  for (const container of guilty) {
    const logs = await context.run("docker", ["logs", "--tail", String(LOG_LINES), container.id], {
      aside: true,
    });
    words.push(
      `${describeContainer(container)}. The end of its log:\n\n${tail(logs.output, LOG_LINES)}`,
    );
  }
  if (output !== "") words.push(`Compose says:\n\n${tail(output, LOG_LINES)}`);
  return new SetupFailure(`The cluster does not come up. ${words.join("\n\n")}`, advice);
}

/**
 * @param {import("./containers.mjs").ClusterContainer} container
 * @returns {string} "worker2 is unhealthy"
 */
export function describeContainer({ service, status, health, exitCode, restarts }) {
  if (status === "running") return `${service} is ${health || "running"}`;
  if (status === "exited") return `${service} has ended with ${exitCode}`;
  return `${service} is ${status}${restarts > 0 ? `, ${restarts} times by now` : ""}`;
}
