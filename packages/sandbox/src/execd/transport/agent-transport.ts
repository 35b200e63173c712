import type { SandboxIdentity } from "../../sandbox/sandbox-identity.js";
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

/** How bytes get again to the agent of a sandbox that an earlier process made. */
export interface ReturningTransport {
  /**
   * Offers `greet` each stream that may be the agent's and resolves to what it makes of the first that it accepts. Streams that it rejects are
   * closed. Rejects when no other can come: the transport failed or was disposed of.
   */
  returned<T>(greet: (stream: AgentStream) => Promise<T>): Promise<T>;
  /** As {@link PreparedTransport.dispose}; ends the wait as well. */
  dispose(): Promise<void>;
}

/** One way to talk to agents; see docs/EXECD_PROTOCOL.md. */
export interface AgentTransport {
  readonly name: SandboxIdentity["transport"];
  /** Gets ready for one sandbox, before its container is made. */
  prepare(sandboxId: string): Promise<PreparedTransport>;
  /** Gets ready for the return of an agent. Rejects when it cannot find its way back here. */
  rejoin(sandbox: SandboxIdentity): Promise<ReturningTransport>;
}
