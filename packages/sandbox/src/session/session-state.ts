/**
 * State of a session.
 *
 * - `active`: entry: a sandbox was claimed for it, or adopted with it. Owner: the session table. Exits: its idle timeout, its deletion, the
 *   loss of its sandbox, the worker's stop.
 * - `handed-over`: final here. The worker stops and leaves it to its successor: it is still shown, but takes no operations.
 * - `ended`: final. Its thread is free, its sandbox is being destroyed; why it ended is remembered for a while.
 */
export type SessionState = "active" | "handed-over" | "ended";
