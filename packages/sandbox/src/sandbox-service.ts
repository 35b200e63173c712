import type {
  PoolHealthBody,
  SandboxApi,
  SessionInfo,
  SessionRequest,
  Tenant,
} from "@sandbox-system/contract";
import type { PolicySettings } from "@sandbox-system/policy";
import type { EngineFacts } from "./engine/container-engine.js";
import type { PoolDemand } from "./pool/warm-pool.js";
import type { RetireReason, SessionAssignment } from "./session/assigned-sessions.js";
import type { SessionSnapshot } from "./session/session-ledger.js";

/** State of the machine's engine room. */
export interface SandboxHealth extends PoolDemand {
  /** Whether new sessions can be served now. */
  readonly serving: boolean;
  /** Whether it refuses new sessions because it is about to stop. */
  readonly draining: boolean;
  /** Whether the container engine answers. */
  readonly engineConnected: boolean;
  readonly pool: PoolHealthBody;
  readonly activeSessions: number;
  /** What is amiss or missing on this engine, a sentence each. */
  readonly warnings: readonly string[];
}

/** The machine that the container engine runs on. */
export type EngineMachine = Pick<EngineFacts, "id" | "memoryBytes" | "cpus">;

/** How to stop. */
export interface StopOptions {
  /** Time that running commands are given to finish, milliseconds; default 30,000. */
  readonly deadlineMs?: number;
  /**
   * Leave the sessions' sandboxes running for the next process of this worker; default false. It has 45 s until they end themselves. Without effect
   * unless the service was made with `keepsSessions`.
   */
  readonly keepSessions?: boolean;
}

/**
 * Everything that one machine does for its sessions, and its life. The worker serves it over HTTP, the SDK calls it directly in local
 * mode, so both answer alike.
 */
export interface SandboxService extends SandboxApi {
  readonly workerId: string;
  /** This boot of the worker: another one has another. */
  readonly registrationId: string;
  readonly policy: PolicySettings;

  /**
   * Starts: takes over the sessions that a predecessor kept, finds the engine, removes what else it left, fills the warm pool. Resolves when it is
   * known which sessions there are and new ones can be asked for; the pool fills behind it. Calls that come earlier wait for it when sessions are
   * kept. Rejects with `ENGINE_UNAVAILABLE` when the engine is away and `waitForEngine` is false.
   */
  start(options?: { waitForEngine?: boolean }): Promise<void>;

  /** Refuses new sessions (`DRAINING`) from now on; existing ones go on. There is no way back but a restart. */
  drain(): void;

  /**
   * Refuses new sessions and commands (`DRAINING`), lets running commands finish for at most `deadlineMs`, then removes every container, or
   * leaves those of sessions to its successor. Idempotent: a second call joins the first, whatever it asks for.
   */
  stop(options?: StopOptions): Promise<void>;

  /**
   * The session of exactly this id and generation, given out by a registry; concurrent callers join one creation, and exactly one sees `created`.
   * A lower generation that is here, and another session of the same thread, end as lost.
   * @throws SandboxError `SESSION_LOST` when it should be here (`create` false) and is not; `SESSION_EXPIRED`, `SESSION_LOST` or
   *   `SESSION_NOT_FOUND` when it ended here; `SESSION_NOT_FOUND` when a higher generation is here; otherwise as get-or-create, or what the
   *   ledger refused it with.
   */
  openSession(
    tenant: Tenant,
    request: SessionRequest,
    place: SessionAssignment,
  ): Promise<SessionInfo>;

  /** The sessions that are here now; all of them once {@link start} has resolved. */
  ownedSessions(): readonly SessionSnapshot[];

  /**
   * Ends a session if this very generation of it is here: `expired` only when it has idled beyond its timeout, `closed` in any case, `fenced` because
   * it is somebody else's now (it counts as lost, and the ledger is not told). Resolves, when its sandbox is gone, to whether this call
   * ended it. Late and repeated calls do no harm.
   */
  retireSession(sessionId: string, generation: number, reason: RetireReason): Promise<boolean>;

  /** How many warm sandboxes to keep; cut to MIN_POOL_SIZE … MAX_POOL_SIZE. @throws RangeError when it is not a whole number. */
  setPoolTarget(target: number): void;

  /** undefined: the engine has never answered. */
  engine(): EngineMachine | undefined;

  health(): SandboxHealth;
}
