import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { sandboxError } from "@sandbox-system/contract";

/** A file on its way into a workspace. */
export interface UploadSource {
  readonly content: Readable | Uint8Array;
  /** Bytes that `content` carries; undefined when it cannot be known beforehand. */
  readonly sizeBytes: number | undefined;
  /** Frees what the source holds, sent or not. Idempotent. */
  dispose(): Promise<void>;
  /** @throws the source's own failure, if reading it failed: it is the reason behind whatever the receiver reports. */
  throwFailure(): void;
}

/**
 * Opens a local file for sending. It is sent up to the size it has now: what another process appends meanwhile is left out.
 * @throws the file system's own error (`ENOENT`, `EACCES`, …); SandboxError `INVALID_REQUEST` for anything but a regular file.
 */
export async function localFileSource(localPath: string): Promise<UploadSource> {
  // Looked at before it is opened: opening a FIFO waits for its writer.
  const found = await stat(localPath);
  if (!found.isFile()) {
    throw sandboxError("INVALID_REQUEST", `${localPath} is not a regular file`);
  }
  if (found.size === 0) return bytesSource(new Uint8Array());
  const file = await open(localPath, "r");
  const stream = file.createReadStream({ start: 0, end: found.size - 1, autoClose: false });
  const source = streamSource(stream, found.size);
  return {
    ...source,
    dispose: async () => {
      await source.dispose();
      await file.close();
    },
  };
}

/** Bytes, text (as UTF-8) or a stream as a source. */
export function memorySource(content: Uint8Array | string | Readable): UploadSource {
  if (typeof content === "string") return bytesSource(Buffer.from(content));
  return content instanceof Uint8Array ? bytesSource(content) : streamSource(content, undefined);
}

function bytesSource(content: Uint8Array): UploadSource {
  return {
    content,
    sizeBytes: content.byteLength,
    dispose: () => Promise.resolve(),
    throwFailure: () => {
      // Memory does not fail.
    },
  };
}

function streamSource(stream: Readable, sizeBytes: number | undefined): UploadSource {
  let failure: { readonly error: unknown } | undefined;
  // The receiver gets a stream of its own, so that its failures and the source's can be told apart.
  async function* relay(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) {
        yield typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const content = Readable.from(relay(), { objectMode: false });
  return {
    content,
    sizeBytes,
    dispose: () => {
      for (const ended of [content, stream]) ended.on("error", ignore).destroy();
      return Promise.resolve();
    },
    throwFailure: () => {
      if (failure !== undefined) throw failure.error;
    },
  };
}

function ignore(): void {
  // An error of a stream that nobody reads any longer.
}
