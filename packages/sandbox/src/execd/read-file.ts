import { Readable } from "node:stream";
import type { ExecdConnection } from "./execd-connection.js";
import type { Operation } from "./operation.js";
import { agentFrame, type WorkspaceEntry } from "./protocol/agent-frames.js";
import { FrameType } from "./protocol/frame-type.js";
import { hostFrame } from "./protocol/host-frames.js";
import { failureOf, unexpected } from "./workspace-operations.js";

/** An open file: what it was when it was opened, and its bytes. */
export interface OpenFile {
  readonly entry: WorkspaceEntry;
  /** Flow-controlled; destroying it stops the transfer. */
  readonly content: Readable;
}

/**
 * Opens a regular file; resolves when the agent has told what it is.
 * @param length bytes to read at most; undefined: to the end.
 * @throws ExecdError, ConnectionLost; after it resolved, the same through `content`.
 */
export function readFile(
  connection: ExecdConnection,
  path: Uint8Array,
  offset: number,
  length: number | undefined,
): Promise<OpenFile> {
  return new Promise((resolve, reject) => {
    const content = new FileContent();
    content.operation = connection.start((stream) => hostFrame.read(stream, path, offset, length), {
      onFrame(type, payload, operation) {
        switch (type) {
          case FrameType.FILE_INFO:
            resolve({ entry: agentFrame.entry(payload), content });
            return false;
          case FrameType.DATA:
            operation.received(payload.byteLength);
            content.deliver(payload);
            return false;
          case FrameType.DONE:
            agentFrame.empty(payload);
            content.deliver(null);
            return true;
          case FrameType.ERROR: {
            const failure = failureOf(payload);
            reject(failure);
            content.fail(failure);
            return true;
          }
          default:
            throw unexpected(type);
        }
      },
      onLost(reason) {
        reject(reason);
        content.fail(reason);
      },
    });
  });
}

/** Buffers what has arrived, at most a window, and grants credit as it is read. */
class FileContent extends Readable {
  operation: Operation | undefined;
  #queue: (Buffer | null)[] = [];
  #wanted = false;

  constructor() {
    super({ highWaterMark: 65_536 });
  }

  deliver(chunk: Buffer | null): void {
    if (this.destroyed) return;
    this.#queue.push(chunk);
    this.#flow();
  }

  /** Ends in error, unless nobody listens any more. */
  fail(error: Error): void {
    if (!this.destroyed && this.listenerCount("error") > 0) this.destroy(error);
    else this.destroy();
  }

  override _read(): void {
    this.#wanted = true;
    this.#flow();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.operation?.ended === false) {
      this.operation.cancel();
      this.#queue = [];
    }
    callback(error);
  }

  #flow(): void {
    while (this.#wanted && this.#queue.length > 0) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) return;
      if (chunk !== null) this.operation?.consumed(chunk.byteLength);
      this.#wanted = this.push(chunk);
    }
  }
}
