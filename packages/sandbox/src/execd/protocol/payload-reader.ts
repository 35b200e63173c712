import { ProtocolViolation } from "./protocol-violation.js";

/**
 * Reads the fields of a payload in order. Every length is checked against what is there; a fault is a {@link ProtocolViolation}.
 */
export class PayloadReader {
  #offset = 0;

  constructor(private readonly payload: Buffer) {}

  u8(): number {
    return this.payload.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.payload.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.payload.readUInt32BE(this.#take(4));
  }

  i32(): number {
    return this.payload.readInt32BE(this.#take(4));
  }

  u64(): bigint {
    return this.payload.readBigUInt64BE(this.#take(8));
  }

  /** A u64 as a number; what is beyond 2^53 - 1 is cut to it: no size, time or count honestly is. */
  count(): number {
    const high = this.u32();
    const low = this.u32();
    return high < 2 ** 21 ? high * 2 ** 32 + low : Number.MAX_SAFE_INTEGER;
  }

  bytes(): Buffer {
    const length = this.u32();
    const start = this.#take(length);
    return this.payload.subarray(start, start + length);
  }

  /** UTF-8; invalid sequences are replaced. */
  str(): string {
    return this.bytes().toString("utf8");
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#offset !== this.payload.byteLength) {
      const surplus = this.payload.byteLength - this.#offset;
      throw new ProtocolViolation(`a payload has ${String(surplus)} bytes too many`);
    }
  }

  #take(bytes: number): number {
    const start = this.#offset;
    if (start + bytes > this.payload.byteLength) {
      throw new ProtocolViolation("a payload ends before its fields do");
    }
    this.#offset += bytes;
    return start;
  }
}
