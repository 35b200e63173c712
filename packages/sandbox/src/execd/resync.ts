import { ConnectionLost } from "./connection-lost.js";
import type { AgentStream } from "./execd-connection.js";
import { agentFrame } from "./protocol/agent-frames.js";
import { FrameType, HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./protocol/frame-type.js";
import { sameSecret } from "./same-secret.js";

/** Announces a new host in a byte stream that outlived the one before; the agent answers with the same bytes. */
export const RESYNC_MARKER = Buffer.concat([Buffer.alloc(4, 0xff), Buffer.from("SBX-RESYNC-1")]);

/** What a new host says first: enough zeros to complete any frame that was half sent, then the marker (docs/EXECD_PROTOCOL.md). */
export const RESYNC_PREAMBLE = Buffer.concat([
  Buffer.alloc(MAX_PAYLOAD_BYTES + HEADER_BYTES),
  RESYNC_MARKER,
]);

/** Longest HELLO that is waited for, bytes of payload: ten times what an agent sends. */
const MAX_HELLO_BYTES = 1024;

/**
 * Reads a stream up to the agent's answer to {@link RESYNC_PREAMBLE} and leaves it there, paused: the next that is read is its HELLO. Everything
 * before it, left over from the host before, is dropped. A command may have printed the marker too, so only one counts that a HELLO with
 * the secret follows.
 * @throws ConnectionLost when the stream ends before.
 */
export function skipToReturn(stream: AgentStream, secret: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const found = findReturn(seen, secret);
      seen = seen.subarray(found.from);
      if (!found.complete) return;
      finish();
      stream.pause();
      stream.unshift(seen);
      resolve();
    };
    const fail = (error?: Error): void => {
      finish();
      reject(new ConnectionLost("the agent did not answer to its new host", { cause: error }));
    };
    const finish = (): void => {
      stream.off("data", take);
      for (const end of ["end", "close", "error"]) stream.off(end, fail);
    };
    stream.on("data", take);
    for (const end of ["end", "close", "error"]) stream.on(end, fail);
  });
}

/** Where the agent's HELLO begins; or from where on more bytes may still make one. */
function findReturn(bytes: Buffer, secret: Uint8Array): { complete: boolean; from: number } {
  let undecided: number | undefined;
  for (
    let at = bytes.indexOf(RESYNC_MARKER);
    at !== -1;
    at = bytes.indexOf(RESYNC_MARKER, at + 1)
  ) {
    const from = at + RESYNC_MARKER.byteLength;
    const verdict = judge(bytes.subarray(from), secret);
    if (verdict === "hello") return { complete: true, from };
    if (verdict === "undecided") undecided ??= at;
  }
  // The last bytes may be the beginning of a marker.
  const tail = Math.max(0, bytes.byteLength - (RESYNC_MARKER.byteLength - 1));
  return { complete: false, from: Math.min(undecided ?? tail, tail) };
}

function judge(bytes: Buffer, secret: Uint8Array): "hello" | "other" | "undecided" {
  if (bytes.byteLength < HEADER_BYTES) return "undecided";
  const length = bytes.readUInt32BE(0);
  const isHello = bytes.readUInt8(4) === FrameType.HELLO && bytes.readUInt32BE(5) === 0;
  if (!isHello || length > MAX_HELLO_BYTES) return "other";
  if (bytes.byteLength < HEADER_BYTES + length) return "undecided";
  try {
    const hello = agentFrame.hello(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
    return sameSecret(hello.secret, secret) ? "hello" : "other";
  } catch {
    return "other";
  }
}
