/** Time to make a connection, milliseconds. Workers are near; one that does not take a connection within this is away. */
export const CONNECT_MS = 2000;

/** Time for an answer that a worker gives from memory, milliseconds. One that needs longer is too slow to be sent new sessions. */
export const CONTROL_MS = 5000;

/** Time for the head of an answer that the sandbox has to give: a listing, a file, milliseconds. */
export const ANSWER_MS = 15_000;

/** Time to destroy a sandbox, milliseconds: the engine's own patience with a container that does not die is 10 s. */
export const END_SESSION_MS = 30_000;

/** Time to open a session, milliseconds: 30 s in the worker's queue for a sandbox, and as long as a creation takes. */
export const OPEN_SESSION_MS = 45_000;

/** What a command's answer may need beyond the command's own timeout, milliseconds: its kill, its output, a worker that restarts its clock. */
export const EXEC_MARGIN_MS = 30_000;

/** Silence of a body under way after which its connection counts as dead, milliseconds: three of a worker's keep-alive comments. */
export const BODY_SILENCE_MS = 45_000;

/**
 * How long an idle connection is kept, milliseconds: shorter than the 65 s of workers, so that none is closed just as a command goes out on it,
 * whose fate would then be unknown.
 */
export const IDLE_CONNECTION_MS = 30_000;
