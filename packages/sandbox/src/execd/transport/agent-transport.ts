import type { AgentStream } from "../execd-connection.js";

/** How bytes get to the agent of one sandbox. */
export interface PreparedTransport {
  /** Arguments of execd. */
  readonly agentArguments: readonly string[];
  /** Host directory that the container must see, if any. */
  readonly socketMount: { readonly hostDir: string; readonly containerDir: string } | undefined;
  /** Called between the container's creation and its start. */
  beforeStart(containerId: string): Promise<void>;
  /** Resolves to the agent's stream; await it after the start. Rejects when the transport fails or is disposed of. */
  connected(): Promise<AgentStream>;
  /** Releases what belongs to this sandbox on the host. The stream, once connected, is not touched. Idempotent. */
  dispose(): Promise<void>;
}

/** One way to talk to agents; see docs/EXECD_PROTOCOL.md. */
export interface AgentTransport {
  readonly name: "unix" | "attach";
  /** Gets ready for one sandbox, before its container is made. */
  prepare(sandboxId: string): Promise<PreparedTransport>;
}
