import type { SessionEnd } from "@sandbox-system/contract";
import type { SessionFacts } from "../registry/session-record.js";

/** A worker's membership of a cluster: its lease, its heartbeats, and what the registry is told of its sessions. */
export interface ClusterMember {
  /** Begins in the background and keeps trying; Redis may be away. */
  start(): void;
  /** Resolves when the worker has registered for the first time. */
  readonly registered: Promise<void>;
  /** Whether it has ever registered. */
  readonly isRegistered: boolean;
  /** Whether Redis answered when it was last asked. */
  readonly connected: boolean;
  /** The worker's state has changed: everybody is told at once rather than with the next heartbeat. */
  announce(): void;
  /**
   * A session has its sandbox and is about to be shown to its callers. Rejects with `SESSION_LOST` when it is somebody else's or over by now, with
   * `REGISTRY_UNAVAILABLE` (retryable) when nobody can be asked; in both cases it must not be shown.
   */
  sessionOpened(session: SessionFacts): Promise<void>;
  /** A session is over. Told at once, or as soon as Redis can be told. */
  sessionEnded(session: SessionFacts, end: SessionEnd): void;
  /**
   * undefined while there is no doubt that this worker's sessions are its own. Otherwise this process stood still for longer than its lease: resolves when
   * the registry has said what has become of its sessions and it has let go of those that are not its own, or when Redis proves to be away. Never rejects.
   */
  awaitLease(): Promise<void> | undefined;
  /** Stops, and leaves the sessions for a successor, which the cluster expects within `leaseMs`. Never rejects. */
  leave(leaseMs: number): Promise<void>;
  /** Stops, and leaves nothing. Never rejects. */
  withdraw(): Promise<void>;
}
