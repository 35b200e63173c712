import type { Readable } from "node:stream";
import type { ExecdConnection } from "./execd-connection.js";
import type { Operation } from "./operation.js";
import { agentFrame, type WorkspaceEntry } from "./protocol/agent-frames.js";
import { FrameType, MAX_DATA_BYTES } from "./protocol/frame-type.js";
import { hostFrame, type WriteStart } from "./protocol/host-frames.js";
import { failureOf, unexpected } from "./workspace-operations.js";

/**
 * Writes a regular file whole or not at all. `content` is read no faster than the agent takes it; when it fails or ends
 * early the agent drops what it had.
 * @throws ExecdError, ConnectionLost, or what `content` failed with.
 */
export async function writeFile(
  connection: ExecdConnection,
  start: WriteStart,
  content: Readable | Uint8Array,
): Promise<WorkspaceEntry> {
  let operation!: Operation;
  const written = new Promise<WorkspaceEntry>((resolve, reject) => {
    operation = connection.start((stream) => hostFrame.write(stream, start), {
      onFrame(type, payload) {
        switch (type) {
          case FrameType.WRITTEN:
            resolve(agentFrame.entry(payload));
            return true;
          case FrameType.ERROR:
            reject(failureOf(payload));
            return true;
          default:
            throw unexpected(type);
        }
      },
      onLost: reject,
    });
  });
  const [sent, outcome] = await Promise.allSettled([send(operation, content), written]);
  // A failed source is cancelled at the agent, whose answer to that is not the cause.
  if (sent.status === "rejected") throw sent.reason;
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

async function send(operation: Operation, content: Readable | Uint8Array): Promise<void> {
  try {
    if (content instanceof Uint8Array) await sendChunk(operation, content);
    else await sendAll(operation, content);
    operation.send(hostFrame.dataEnd(operation.stream));
  } catch (error) {
    operation.cancel();
    throw error;
  }
}

/** Sends a stream to its end, or until the agent has ended the operation; then the rest is left unread. */
async function sendAll(operation: Operation, content: Readable): Promise<void> {
  // The caller may still need what the stream belongs to: an HTTP answer goes out over the request's socket.
  const chunks = content.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  // One listener for the whole upload: racing each chunk against a promise would keep every chunk alive until it settles.
  let wake: () => void = () => undefined;
  operation.onEnd(() => {
    wake();
  });
  while (!operation.ended) {
    const next = await new Promise<IteratorResult<Buffer> | undefined>((resolve, reject) => {
      wake = () => {
        resolve(undefined);
      };
      chunks.next().then(resolve, reject);
    });
    if (next === undefined || next.done === true) return;
    if (!(await sendChunk(operation, next.value))) return;
  }
}

/** Sends as credit allows; false: the agent has ended the operation. */
async function sendChunk(operation: Operation, chunk: Uint8Array): Promise<boolean> {
  let offset = 0;
  while (offset < chunk.byteLength) {
    const wanted = Math.min(MAX_DATA_BYTES, chunk.byteLength - offset);
    const room = await operation.takeSendCredit(wanted);
    if (room === 0) return false;
    operation.send(hostFrame.data(operation.stream, chunk.subarray(offset, offset + room)));
    offset += room;
  }
  return true;
}
