import { Transform, type TransformCallback } from "node:stream";

/**
 * Lets exactly as many bytes pass as were announced in Content-Length: a file that grows while it is sent is cut at that length, because more
 * would be read as the next answer; one that shrinks fails the stream, so that the client sees a broken transfer and not a short file.
 */
export class ExactLength extends Transform {
  #left: number;

  constructor(length: number) {
    super();
    this.#left = length;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    const part = chunk.subarray(0, this.#left);
    this.#left -= part.length;
    callback(null, part.length === 0 ? undefined : part);
  }

  override _flush(callback: TransformCallback): void {
    callback(this.#left === 0 ? null : new Error("The file became shorter while it was sent"));
  }
}
