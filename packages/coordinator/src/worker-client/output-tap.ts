import type { OutputEncoding } from "@sandbox-system/contract";

/** One output of a streamed command: passed on to its listener, or kept when nobody listens. */
export class OutputTap {
  readonly #listener: ((chunk: Buffer) => void | Promise<void>) | undefined;
  readonly #kept: Buffer[] = [];
  #fault: Error | undefined;

  constructor(listener: ((chunk: Buffer) => void | Promise<void>) | undefined) {
    this.#listener = listener;
  }

  /** What the listener failed with: the caller's fault, not the worker's. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Takes a piece; the next may come when it has settled. Bounded by the request's cap of output. */
  readonly take = async (chunk: Buffer): Promise<void> => {
    if (this.#listener === undefined) {
      this.#kept.push(chunk);
      return;
    }
    try {
      await this.#listener(chunk);
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  };

  /** What was kept. */
  text(encoding: OutputEncoding): string {
    return Buffer.concat(this.#kept).toString(encoding);
  }
}
