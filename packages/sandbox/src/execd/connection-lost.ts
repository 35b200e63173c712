/**
 * The connection to an agent ended, or was ended, while an operation was under way: its container died, its session ended, its
 * worker stopped. Whether the operation took effect is unknown. The message says which, as a clause.
 */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
