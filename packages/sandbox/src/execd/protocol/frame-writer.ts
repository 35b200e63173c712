import { HEADER_BYTES, MAX_PAYLOAD_BYTES, type FrameType } from "./frame-type.js";

/** Value of a u64 field that means "to the end" or "unknown". */
export const U64_MAX = 2n ** 64n - 1n;

/**
 * Builds one frame, header included, in one buffer, so that it leaves in one write. Integers are big-endian.
 */
export class FrameWriter {
  #buffer: Buffer;
  #length = HEADER_BYTES;

  /** `sizeHint`: expected bytes of payload; the buffer grows when it is too small. */
  constructor(
    private readonly type: FrameType,
    private readonly stream: number,
    sizeHint = 64,
  ) {
    this.#buffer = Buffer.allocUnsafe(HEADER_BYTES + sizeHint);
  }

  u8(value: number): this {
    this.#length = this.#room(1).writeUInt8(value, this.#length);
    return this;
  }

  u16(value: number): this {
    this.#length = this.#room(2).writeUInt16BE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#length = this.#room(4).writeUInt32BE(value, this.#length);
    return this;
  }

  /** `value`: 0 … 2^53, or a bigint up to 2^64 - 1. */
  u64(value: number | bigint): this {
    this.#length = this.#room(8).writeBigUInt64BE(BigInt(value), this.#length);
    return this;
  }

  /** Length-prefixed bytes. */
  bytes(value: Uint8Array): this {
    this.u32(value.byteLength);
    return this.raw(value);
  }

  /** Length-prefixed UTF-8. */
  str(value: string): this {
    const byteLength = Buffer.byteLength(value);
    this.u32(byteLength);
    this.#length += this.#room(byteLength).write(value, this.#length);
    return this;
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): this {
    this.#room(value.byteLength).set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** The finished frame. @throws RangeError when the payload is larger than a frame may be. */
  finish(): Buffer {
    const payload = this.#length - HEADER_BYTES;
    if (payload > MAX_PAYLOAD_BYTES) {
      throw new RangeError(`a frame of ${String(payload)} bytes is over the protocol's limit`);
    }
    this.#buffer.writeUInt32BE(payload, 0);
    this.#buffer.writeUInt8(this.type, 4);
    this.#buffer.writeUInt32BE(this.stream, 5);
    return this.#buffer.subarray(0, this.#length);
  }

  #room(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.byteLength) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.byteLength * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}
