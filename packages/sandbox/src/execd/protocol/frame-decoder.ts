import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./frame-type.js";
import { ProtocolViolation } from "./protocol-violation.js";

/** A frame as it came: its type may be unknown. */
export interface RawFrame {
  readonly type: number;
  readonly stream: number;
  /** A view into received memory: whoever keeps it longer than the call copies it. */
  readonly payload: Buffer;
}

const NOTHING = Buffer.alloc(0);

/**
 * Cuts a byte stream into frames. Holds at most one unfinished frame; a header that is out of bounds is a {@link ProtocolViolation}
 * before its payload is awaited.
 */
export class FrameDecoder {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #wanted = HEADER_BYTES;

  /** Takes what arrived and calls `onFrame` for each frame that is complete, in order. */
  push(chunk: Buffer, onFrame: (frame: RawFrame) => void): void {
    let rest = chunk;
    if (this.#pendingBytes > 0) {
      rest = this.#complete(chunk, onFrame);
      if (this.#pendingBytes > 0) return;
    }
    while (rest.byteLength >= HEADER_BYTES) {
      const end = HEADER_BYTES + payloadLength(rest);
      if (rest.byteLength < end) {
        this.#wanted = end;
        break;
      }
      onFrame(frameOf(rest.subarray(0, end)));
      rest = rest.subarray(end);
    }
    if (rest.byteLength > 0) {
      this.#pending.push(rest);
      this.#pendingBytes = rest.byteLength;
    }
  }

  /** Adds to the unfinished frame; gives back what lies behind it. */
  #complete(chunk: Buffer, onFrame: (frame: RawFrame) => void): Buffer {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    if (this.#pendingBytes < this.#wanted) return NOTHING;
    let joined = Buffer.concat(this.#pending, this.#pendingBytes);
    if (this.#wanted === HEADER_BYTES) {
      this.#wanted = HEADER_BYTES + payloadLength(joined);
      if (joined.byteLength < this.#wanted) {
        this.#pending = [joined];
        return NOTHING;
      }
    }
    onFrame(frameOf(joined.subarray(0, this.#wanted)));
    joined = joined.subarray(this.#wanted);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#wanted = HEADER_BYTES;
    return joined;
  }
}

function payloadLength(header: Buffer): number {
  const length = header.readUInt32BE(0);
  if (length > MAX_PAYLOAD_BYTES) {
    throw new ProtocolViolation(`a frame announces ${String(length)} bytes`);
  }
  return length;
}

function frameOf(bytes: Buffer): RawFrame {
  return {
    type: bytes.readUInt8(4),
    stream: bytes.readUInt32BE(5),
    payload: bytes.subarray(HEADER_BYTES),
  };
}
