import type { Logger } from "@sandbox-system/contract";
import type { ContainerEngine } from "../../engine/container-engine.js";
import type { SandboxIdentity } from "../../sandbox/sandbox-identity.js";
import type { AgentStream } from "../execd-connection.js";
import { RESYNC_PREAMBLE, skipToReturn } from "../resync.js";
import type { AgentTransport, PreparedTransport, ReturningTransport } from "./agent-transport.js";

/** The container's own stdin and stdout, through the engine: works wherever the engine does, a little slower. */
export function createAttachTransport(engine: ContainerEngine, logger: Logger): AgentTransport {
  const attach = (sandboxId: string, containerId: string): Promise<AgentStream> =>
    engine.attach(containerId, (line) => {
      logger.debug("execd.diagnostics", { sandboxId, line });
    });
  return {
    name: "attach",
    prepare(sandboxId): Promise<PreparedTransport> {
      let stream: AgentStream | undefined;
      return Promise.resolve({
        agentArguments: ["--transport=attach"],
        socketMount: undefined,
        // Before the start, so that the agent's first words are not missed.
        async beforeStart(containerId) {
          stream = await attach(sandboxId, containerId);
        },
        connected: () =>
          stream === undefined
            ? Promise.reject(new Error("not attached yet"))
            : Promise.resolve(stream),
        dispose: () => Promise.resolve(),
      });
    },
    rejoin: (sandbox) => Promise.resolve(new ReturningAttachment(sandbox, attach)),
  };
}

/** One attempt: the container has one stdin, and its agent answers there or never. */
class ReturningAttachment implements ReturningTransport {
  #stream: AgentStream | undefined;
  #disposed = false;

  constructor(
    private readonly sandbox: SandboxIdentity,
    private readonly attach: (sandboxId: string, containerId: string) => Promise<AgentStream>,
  ) {}

  async returned<T>(greet: (stream: AgentStream) => Promise<T>): Promise<T> {
    const { id, containerId, secret } = this.sandbox;
    const stream = await this.attach(id, containerId);
    if (this.#disposed) {
      stream.destroy();
      throw new Error("the wait for the agent was given up");
    }
    this.#stream = stream;
    stream.write(RESYNC_PREAMBLE);
    await skipToReturn(stream, secret);
    const accepted = await greet(stream);
    this.#stream = undefined;
    return accepted;
  }

  dispose(): Promise<void> {
    this.#disposed = true;
    this.#stream?.destroy();
    return Promise.resolve();
  }
}
