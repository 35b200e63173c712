import { MAX_DATA_BYTES } from "./protocol/frame-type.js";
import { hostFrame } from "./protocol/host-frames.js";
import { ProtocolViolation } from "./protocol/protocol-violation.js";

/** What an operation does with the frames of its stream. */
export interface OperationHandler {
  /** Takes one frame; `true`: it was the terminal one. Throwing ends the connection. */
  onFrame(type: number, payload: Buffer, operation: Operation): boolean;
  /** The connection ended first. Called at most once, and never after the terminal frame. */
  onLost(reason: Error): void;
}

/** The side of a connection that operations write to. */
export interface FrameSink {
  write(frame: Buffer): void;
}

/**
 * One stream of a connection, with its credit in both directions. Memory is bounded by the window: the agent may not send more
 * than was granted, and grants follow consumption.
 */
export class Operation {
  #receiveCredit: number;
  #ungranted = 0;
  #sendCredit: number;
  #creditWaiters: (() => void)[] = [];
  #ended = false;
  #onEnd: (() => void)[] = [];

  constructor(
    readonly stream: number,
    readonly handler: OperationHandler,
    private readonly sink: FrameSink,
    private readonly window: number,
  ) {
    this.#receiveCredit = window;
    this.#sendCredit = window;
  }

  /** Whether the stream is closed: its terminal frame came, or the connection ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Calls `listener` once when the stream has closed; at once when it already has. */
  onEnd(listener: () => void): void {
    if (this.#ended) listener();
    else this.#onEnd.push(listener);
  }

  /** Sends a frame; after the end it goes nowhere. */
  send(frame: Buffer): void {
    if (!this.#ended) this.sink.write(frame);
  }

  /** Asks the agent to stop; its terminal frame still follows. */
  cancel(): void {
    this.send(hostFrame.cancel(this.stream));
  }

  /** Counts a data frame that came. @throws ProtocolViolation when it was empty, too large, or more than granted. */
  received(bytes: number): void {
    if (bytes === 0 || bytes > MAX_DATA_BYTES) {
      throw new ProtocolViolation(`a data frame of ${String(bytes)} bytes`);
    }
    this.#receiveCredit -= bytes;
    if (this.#receiveCredit < 0) {
      throw new ProtocolViolation("the agent sent more than it had credit for");
    }
  }

  /** Grants anew what the consumer has taken; in halves of the window, so that small output costs no frame. */
  consumed(bytes: number): void {
    this.#ungranted += bytes;
    if (this.#ungranted < this.window / 2) return;
    this.#receiveCredit += this.#ungranted;
    this.send(hostFrame.credit(this.stream, this.#ungranted));
    this.#ungranted = 0;
  }

  /** The agent granted more. @throws ProtocolViolation when the sum is absurd. */
  granted(bytes: number): void {
    this.#sendCredit += bytes;
    if (this.#sendCredit > 2 ** 32) throw new ProtocolViolation("the agent granted absurd credit");
    this.#wake();
  }

  /** Bytes that may be sent now, at most `wanted`; waits until there is at least one. 0: the stream ended meanwhile. */
  async takeSendCredit(wanted: number): Promise<number> {
    while (this.#sendCredit === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#creditWaiters.push(resolve));
    }
    if (this.#ended) return 0;
    const taken = Math.min(wanted, this.#sendCredit);
    this.#sendCredit -= taken;
    return taken;
  }

  /** The connection closes the stream; waiting senders wake up. */
  end(): void {
    this.#ended = true;
    for (const listener of this.#onEnd) listener();
    this.#onEnd = [];
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#creditWaiters;
    this.#creditWaiters = [];
    for (const wake of waiters) wake();
  }
}
