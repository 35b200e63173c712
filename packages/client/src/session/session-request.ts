/** Which session a client wants. */
export interface SessionRequest {
  /** Who the conversation belongs to; 1 to 256 characters, for logs and listings. */
  readonly userId: string;
  /** The conversation: one session a thread, found again by every client that names it. 1 to 256 characters. */
  readonly threadId: string;
  /** Idle minutes after which the session expires; default: the server's SESSION_TIMEOUT_MINUTES. Used only when it is made. */
  readonly timeoutMinutes?: number | undefined;
  /** Environment of every command of the session; at most 64 variables. Used only when it is made. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Labels given back with the session; at most 32. Used only when it is made. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
