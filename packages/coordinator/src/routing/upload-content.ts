import { Readable } from "node:stream";

/** What of an upload's beginning is kept, bytes, so that it can be sent again when a worker refused it: small uploads are kept whole. */
const KEPT_BYTES = 65_536;

/**
 * The content of an upload, for as many tries as it takes. It is read only when a connection asks for it, and can be sent from its beginning as
 * long as nothing of that has been dropped.
 */
export class UploadContent {
  readonly #source: Readable;
  readonly #keptBytes: number;
  #iterator: AsyncIterator<unknown> | undefined;
  /** Pieces that were read, from number `#dropped` on. */
  readonly #kept: Buffer[] = [];
  #dropped = 0;
  #readBytes = 0;
  #ended = false;
  #pulling: Promise<void> | undefined;
  #fault: Error | undefined;

  constructor(content: Readable | Uint8Array) {
    const isStream = content instanceof Readable;
    this.#source = isStream ? content : Readable.from([Buffer.from(content)]);
    this.#keptBytes = isStream ? KEPT_BYTES : Number.POSITIVE_INFINITY;
  }

  /** Whether it can be sent from its beginning. */
  get isWhole(): boolean {
    return this.#dropped === 0 && this.#fault === undefined;
  }

  /** What the source failed with: the caller's fault, not the worker's. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** The content from its beginning; undefined when that is gone. Only the stream given last may be read. */
  open(): Readable | undefined {
    return this.isWhole ? Readable.from(this.#pieces(), { objectMode: false }) : undefined;
  }

  /** Nobody wants the rest. */
  discard(): void {
    if (!this.#ended) this.#source.destroy();
  }

  async *#pieces(): AsyncGenerator<Buffer, void, void> {
    for (let number = 0; ; number += 1) {
      let piece: Buffer | undefined;
      while ((piece = this.#kept[number - this.#dropped]) === undefined) {
        if (this.#ended) return;
        await this.#pull();
      }
      yield piece;
      if (this.#readBytes > this.#keptBytes) this.#dropBefore(number + 1);
    }
  }

  /** Reads the next piece. A stream that was given up may still wait for one; it is the same piece. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#readNext().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #readNext(): Promise<void> {
    this.#iterator ??= this.#source.iterator({ destroyOnReturn: false });
    try {
      const next = await this.#iterator.next();
      if (next.done === true) {
        this.#ended = true;
        return;
      }
      const piece = next.value as Buffer;
      this.#kept.push(piece);
      this.#readBytes += piece.length;
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
      throw this.#fault;
    }
  }

  #dropBefore(number: number): void {
    this.#kept.splice(0, number - this.#dropped);
    this.#dropped = number;
  }
}
