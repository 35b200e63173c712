import type { Tenant, SessionEnd } from "@sandbox-system/contract";

/** A session at one moment, as somebody outside the engine room needs to know it. */
export interface SessionSnapshot {
  readonly sessionId: string;
  readonly tenant: Tenant;
  readonly threadId: string;
  readonly userId: string;
  /** Rises each time the session is bound to another sandbox; from 1. */
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** Milliseconds since the epoch; what runs at this moment counts as activity only when it ends. */
  readonly lastActivityMs: number;
  /** Idle time after which it expires, milliseconds. */
  readonly timeoutMs: number;
}

/** Somebody who is told which sessions this worker has, and may refuse them: a cluster's registry. */
export interface SessionLedger {
  /**
   * A session was made and is about to be shown to its callers, who wait for this. A rejection means that it belongs to somebody else meanwhile, or
   * that nobody can be asked: its sandbox is destroyed, it never existed, and all its callers get the rejection as it is.
   */
  opened(session: SessionSnapshot): Promise<void>;

  /**
   * A session is over; called once for each that was shown, unless it was fenced or is kept for a successor process. Must not throw and is
   * not waited for.
   */
  ended(session: SessionSnapshot, end: SessionEnd): void;
}

/** Agrees to everything and writes nothing down: of a worker that is alone. */
export const noLedger: SessionLedger = {
  opened: () => Promise.resolve(),
  ended: () => undefined,
};
