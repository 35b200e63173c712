import type { SessionEnd } from "@sandbox-system/contract";
import type { SessionLedger, SessionSnapshot } from "../session/session-ledger.js";

/** A ledger that writes down what it is told, `id@generation`, and can be made to refuse or to take its time. */
export class RecordingLedger implements SessionLedger {
  readonly opens: string[] = [];
  readonly ends: string[] = [];
  /** What new sessions are refused with. */
  refusal: Error | undefined;
  #gate: Promise<void> = Promise.resolve();

  /** Answers wait until the returned function is called. */
  hold(): () => void {
    let open!: () => void;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  async opened({ sessionId, generation }: SessionSnapshot): Promise<void> {
    this.opens.push(`${sessionId}@${String(generation)}`);
    await this.#gate;
    if (this.refusal !== undefined) throw this.refusal;
  }

  ended({ sessionId, generation }: SessionSnapshot, end: SessionEnd): void {
    this.ends.push(`${sessionId}@${String(generation)} ${end}`);
  }
}
