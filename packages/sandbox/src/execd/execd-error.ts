/** The agent refused or failed an operation; `code` is one of `AgentErrorCode`, or unknown. The operation is over. */
export class ExecdError extends Error {
  override readonly name = "ExecdError";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
