import { StringDecoder } from "node:string_decoder";
import type { OutputEncoding } from "@sandbox-system/contract";
import type { EventStream } from "../../http/event-stream.js";

/** What {@link OutputPipe} is made for. */
export interface OutputPipeOptions {
  readonly event: "stdout" | "stderr";
  readonly encoding: OutputEncoding;
  /** Whether the text is kept as well, for a stored result. It is bounded by the request's cap of output. */
  readonly keep: boolean;
}

/**
 * Turns one output of a command into events. As `utf8`, a character that is split between two pieces is sent whole with the second, and
 * invalid bytes are replaced; as `base64`, every event decodes by itself to exact bytes.
 */
export class OutputPipe {
  readonly #stream: EventStream;
  readonly #options: OutputPipeOptions;
  readonly #decoder = new StringDecoder("utf8");
  readonly #kept: Buffer[] = [];

  constructor(stream: EventStream, options: OutputPipeOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Sends a piece. Resolves when there is room for the next. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#options.keep) this.#kept.push(Buffer.from(chunk));
    const { encoding } = this.#options;
    await this.#send(encoding === "base64" ? chunk.toString("base64") : this.#decoder.write(chunk));
  }

  /** Sends what is left of a character that never came to its end. */
  async finish(): Promise<void> {
    await this.#send(this.#decoder.end());
  }

  /** All that was written, when it was to be kept. */
  text(): string {
    return Buffer.concat(this.#kept).toString(this.#options.encoding);
  }

  async #send(data: string): Promise<void> {
    const { event, encoding } = this.#options;
    if (data !== "") await this.#stream.send(event, { data, encoding });
  }
}
