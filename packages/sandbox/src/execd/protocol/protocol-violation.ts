/**
 * The agent broke the protocol. Whatever sits at the other end may have been taken over: its sandbox is destroyed, nothing is retried.
 */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation";
}
