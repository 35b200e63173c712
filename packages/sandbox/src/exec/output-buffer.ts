import type { OutputEncoding } from "@sandbox-system/contract";

const FIRST_BYTES = 4096;

/**
 * Collects output in one growing buffer, so that a flood of tiny pieces costs no more memory than their bytes; at most
 * `limit` of them.
 */
export class OutputBuffer {
  #buffer: Buffer | undefined;
  #length = 0;

  constructor(private readonly limit: number) {}

  /** Copies a piece; what is over the limit is left out. */
  append(chunk: Buffer): void {
    const taken = Math.min(chunk.byteLength, this.limit - this.#length);
    if (taken <= 0) return;
    const needed = this.#length + taken;
    const room = this.#buffer?.byteLength ?? 0;
    if (needed > room) {
      const grown = Buffer.allocUnsafe(
        Math.max(needed, Math.min(room * 2, this.limit), FIRST_BYTES),
      );
      this.#buffer?.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    if (this.#buffer !== undefined) chunk.copy(this.#buffer, this.#length, 0, taken);
    this.#length = needed;
  }

  /** What was collected, as text. utf8: invalid sequences, also one cut off at the limit, are replaced. */
  text(encoding: OutputEncoding): string {
    return this.#buffer?.toString(encoding, 0, this.#length) ?? "";
  }
}
