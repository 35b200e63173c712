import type { Welcome } from "../execd/protocol/host-frames.js";
import type { LimitOptions } from "../settings/sandbox-options.js";
import type { SandboxIdentity } from "./sandbox-identity.js";

/** Between SIGTERM and SIGKILL, milliseconds: half of the second within which a timed-out command must be gone. */
const KILL_GRACE_MS = 500;

/** Silence of its owner after which a sandbox ends itself, milliseconds: no container outlives a dead owner for longer. */
const ORPHAN_TIMEOUT_MS = 45_000;

/** Credit of a stream, bytes: four pipes' worth keeps a transfer going over a round trip; 64 streams cost 16 MiB at most. */
const WINDOW_BYTES = 262_144;

/** What an agent is told, on its first connection and on later ones: what is its own must be repeated, the rest follows the present limits. */
export function agentTerms(
  { secret, workspaceDir }: Pick<SandboxIdentity, "secret" | "workspaceDir">,
  limits: LimitOptions,
): Welcome {
  return {
    secret,
    workspaceDir,
    maxWorkspaceBytes: limits.maxWorkspaceBytes,
    maxFiles: limits.maxTotalFiles,
    killGraceMs: KILL_GRACE_MS,
    orphanTimeoutMs: ORPHAN_TIMEOUT_MS,
    window: WINDOW_BYTES,
  };
}
