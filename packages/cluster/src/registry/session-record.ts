import type { SessionEnd } from "@sandbox-system/contract";
/**
 * State of a session in the registry.
 *
 * - `placing`: entry: a coordinator claimed its thread and chose a worker. Exits: the worker activates it; it is placed on another worker
 *   (generation + 1); it is abandoned.
 * - `active`: entry: its worker has a sandbox for it. Owner: that worker's registration. Exit: ended.
 * - `ended`: final. Its thread is free; the record is kept for a day, so that late callers learn why.
 */
export type RegisteredState = "placing" | "active" | "ended";

/** The fence of every write about a session: a write that names another generation than the present one changes nothing. */
export interface SessionFence {
  readonly sessionId: string;
  /** Rises each time the session is bound to another sandbox; 1 and up. */
  readonly generation: number;
}

/** One boot of one worker: who may write about the sessions that it holds. */
export interface Owner {
  readonly workerId: string;
  readonly registrationId: string;
}

/** What a worker knows of a session that it holds. Times are milliseconds since the epoch. */
export interface SessionFacts extends SessionFence {
  readonly tenant: string;
  readonly threadId: string;
  readonly userId: string;
  readonly createdAtMs: number;
  readonly lastActivityMs: number;
  /** Idle time after which it expires. */
  readonly timeoutMs: number;
}

/** What the registry knows of a session. `timeoutMs` and `registrationId` are known once it is active. */
export interface SessionRecord extends SessionFacts {
  readonly workerId: string;
  /** The boot that activated it; "" while it is being placed. */
  readonly registrationId: string;
  readonly state: RegisteredState;
  /** Set when it has ended. */
  readonly end: SessionEnd | undefined;
}
