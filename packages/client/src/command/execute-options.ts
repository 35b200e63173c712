import type { ExecResult, OutputEncoding } from "@sandbox-system/contract";

/** How a command is run. */
export interface ExecuteOptions {
  /** Seconds the command may run, up to 3600; default 30. Past it the result has exit code 124 and what was printed until then. */
  readonly timeout?: number | undefined;
  /**
   * Whether a session that is over (expired, lost, unknown) is made anew, empty, and the command run there; default true. The result
   * then says `sessionRecreated`. Only answers that say the command did not run lead to this; a command whose fate is unknown is
   * never run again.
   */
  readonly autoRetry?: boolean | undefined;
  /** Given to the command whole, at most 1 MiB; without it the command reads /dev/null. */
  readonly stdin?: string | undefined;
  /** Environment variables for this command, winning over the session's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Working directory relative to the workspace; default: the workspace. */
  readonly cwd?: string | undefined;
  /** Cap of stdout and of stderr, bytes each, up to 16 MiB; default 1 MiB. What comes beyond is dropped and flagged. */
  readonly maxOutputBytes?: number | undefined;
  /** `utf8` (default) replaces invalid bytes in the text; `base64` keeps every byte. Holds for the streamed text too. */
  readonly encoding?: OutputEncoding | undefined;
  /**
   * Called with each piece of stdout as it comes; the result's `stdout` is then empty. A character is never split between pieces. A
   * returned promise holds the output back until it settles. When it throws, the command is killed and `execute` rejects with
   * what was thrown.
   */
  readonly onStdout?: ((text: string) => void | Promise<void>) | undefined;
  /** As {@link onStdout}, for stderr. */
  readonly onStderr?: ((text: string) => void | Promise<void>) | undefined;
  /** Aborting kills the command; `execute` rejects with `OPERATION_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Calls with the same key run the command once and get the same result: for a retry of one's own after a lost answer. */
  readonly idempotencyKey?: string | undefined;
}

/** What a command came to. */
export interface ExecuteResult extends ExecResult {
  /**
   * The session was over, and the command ran in a new one for the same thread: what the workspace held before is gone.
   */
  readonly sessionRecreated: boolean;
}
