/** What it takes to find a sandbox again after its process ended, and to tell its agent from user code that pretends to be it. */
export interface SandboxIdentity {
  /** Names the container too. */
  readonly id: string;
  readonly containerId: string;
  /** How bytes get to its agent; chosen when it was made. */
  readonly transport: "unix" | "attach";
  /** 32 bytes that only its agent and its owner know (docs/EXECD_PROTOCOL.md). */
  readonly secret: Uint8Array;
  /** Absolute path of the workspace inside; holds for the agent's whole life. */
  readonly workspaceDir: string;
  /** User that commands run as, inside. */
  readonly user: string;
}
