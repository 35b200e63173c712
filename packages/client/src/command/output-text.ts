import { StringDecoder } from "node:string_decoder";
import type { OutputEncoding } from "@sandbox-system/contract";

/** Turns pieces of a stream into text. */
export interface OutputDecoder {
  /** Text of the next piece; may be empty when only a part of a character came. */
  decode(chunk: Buffer): string;
  /** Text of what is left when the stream has ended. */
  end(): string;
}

/** A decoder for one stream; in utf8 a character that is split between pieces comes whole with the later one. */
export function outputDecoder(encoding: OutputEncoding): OutputDecoder {
  if (encoding === "base64") {
    return { decode: (chunk) => chunk.toString("base64"), end: () => "" };
  }
  const decoder = new StringDecoder("utf8");
  return { decode: (chunk) => decoder.write(chunk), end: () => decoder.end() };
}

/** Gathers a stream's pieces for the text of a result. The sender caps the stream, so this needs no cap of its own. */
export class OutputCollector {
  readonly #chunks: Buffer[] = [];

  readonly add = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
  };

  text(encoding: OutputEncoding): string {
    return Buffer.concat(this.#chunks).toString(encoding);
  }
}
