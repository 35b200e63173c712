import type { OutputEncoding } from "@sandbox-system/contract";
import type { BackendHooks } from "../backend/sandbox-backend.js";
import type { ExecuteOptions } from "./execute-options.js";
import { outputDecoder } from "./output-text.js";

type Listener = (text: string) => void | Promise<void>;
type ChunkHook = (chunk: Buffer) => Promise<void>;

/**
 * Stands between a backend and the caller's listeners: decodes what they are given, and turns a listener's failure into an end of
 * the command.
 */
export class OutputListeners {
  readonly hooks: BackendHooks;
  readonly #stop = new AbortController();
  readonly #endings: (() => Promise<void>)[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ExecuteOptions, encoding: OutputEncoding) {
    const { onStdout, onStderr, signal } = options;
    const listens = onStdout !== undefined || onStderr !== undefined;
    this.hooks = {
      onStdout: this.#hook(onStdout, encoding),
      onStderr: this.#hook(onStderr, encoding),
      signal: listens ? joined(signal, this.#stop.signal) : signal,
    };
  }

  /** Delivers what the decoders still hold. @throws what a listener threw. */
  async end(): Promise<void> {
    for (const ending of this.#endings) await ending();
    this.throwFailure();
  }

  /** @throws what a listener threw, if one did: it is the reason behind the abort that the backend reports. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #hook(listener: Listener | undefined, encoding: OutputEncoding): ChunkHook | undefined {
    if (listener === undefined) return undefined;
    const decoder = outputDecoder(encoding);
    const deliver = async (text: string): Promise<void> => {
      if (text === "" || this.#failure !== undefined) return;
      try {
        await listener(text);
      } catch (error) {
        this.#failure ??= { error };
        this.#stop.abort();
      }
    };
    this.#endings.push(() => deliver(decoder.end()));
    return (chunk) => deliver(decoder.decode(chunk));
  }
}

function joined(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own]);
}
