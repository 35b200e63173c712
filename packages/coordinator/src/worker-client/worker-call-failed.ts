/** How far a call came before its connection failed: `not-sent`: no byte of it left, so it did not run; `sent`: it may have run. */
export type CallProgress = "not-sent" | "sent";

/** Why a call got no whole answer. */
export interface CallFault {
  readonly progress: CallProgress;
  /** `aborted`: this side gave it up; `timed-out`: its bound passed; `connection`: everything else. */
  readonly reason: "aborted" | "timed-out" | "connection";
  readonly cause: unknown;
}

/**
 * A worker gave no whole answer. Never leaves this package: whoever routes the call decides by `progress` whether it is made again or what its
 * caller is told.
 */
export class WorkerCallFailed extends Error {
  override readonly name = "WorkerCallFailed";
  readonly progress: CallProgress;
  readonly reason: CallFault["reason"];

  constructor(url: string, { progress, reason, cause }: CallFault) {
    super(`The call to ${url} failed (${progress}, ${reason})`, { cause });
    this.progress = progress;
    this.reason = reason;
  }
}
