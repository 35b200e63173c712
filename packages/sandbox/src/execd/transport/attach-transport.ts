import type { Logger } from "@sandbox-system/contract";
import type { ContainerEngine } from "../../engine/container-engine.js";
import type { AgentStream } from "../execd-connection.js";
import type { AgentTransport, PreparedTransport } from "./agent-transport.js";

/** The container's own stdin and stdout, through the engine: works wherever the engine does, a little slower. */
export function createAttachTransport(engine: ContainerEngine, logger: Logger): AgentTransport {
  return {
    name: "attach",
    prepare(sandboxId): Promise<PreparedTransport> {
      let stream: AgentStream | undefined;
      return Promise.resolve({
        agentArguments: ["--transport=attach"],
        socketMount: undefined,
        // Before the start, so that the agent's first words are not missed.
        async beforeStart(containerId) {
          stream = await engine.attach(containerId, (line) => {
            logger.debug("execd.diagnostics", { sandboxId, line });
          });
        },
        connected: () =>
          stream === undefined
            ? Promise.reject(new Error("not attached yet"))
            : Promise.resolve(stream),
        dispose: () => Promise.resolve(),
      });
    },
  };
}
