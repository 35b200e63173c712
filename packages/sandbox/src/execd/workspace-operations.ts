import type { ExecdConnection } from "./execd-connection.js";
import { ExecdError } from "./execd-error.js";
import { agentFrame, type WorkspaceEntry } from "./protocol/agent-frames.js";
import { FrameType } from "./protocol/frame-type.js";
import { hostFrame } from "./protocol/host-frames.js";
import { ProtocolViolation } from "./protocol/protocol-violation.js";

/** Everything below throws ExecdError when the agent refuses, ConnectionLost when the connection ends first. */

/** All entries of the workspace, recursive; at most `maxEntries`, or an ExecdError. */
export async function listWorkspace(
  connection: ExecdConnection,
  maxEntries: number,
): Promise<WorkspaceEntry[]> {
  const entries: WorkspaceEntry[] = [];
  await request(
    connection,
    (stream) => hostFrame.list(stream, Buffer.alloc(0), maxEntries),
    (type, payload) => {
      if (type !== FrameType.ENTRIES) throw unexpected(type);
      for (const entry of agentFrame.entries(payload)) entries.push(entry);
      if (entries.length > maxEntries) throw new ProtocolViolation("more entries than asked for");
    },
  );
  return entries;
}

/** One entry; symlinks are followed while they stay in the workspace. */
export async function statEntry(
  connection: ExecdConnection,
  path: Uint8Array,
): Promise<WorkspaceEntry> {
  let entry: WorkspaceEntry | undefined;
  await request(
    connection,
    (stream) => hostFrame.stat(stream, path),
    (type, payload) => {
      if (type !== FrameType.FILE_INFO) throw unexpected(type);
      entry = agentFrame.entry(payload);
    },
  );
  if (entry === undefined) throw new ProtocolViolation("STAT ended without an entry");
  return entry;
}

/** Removes a file, or a symlink itself. */
export async function removeEntry(connection: ExecdConnection, path: Uint8Array): Promise<void> {
  await request(connection, (stream) => hostFrame.remove(stream, path, false), unexpectedFrame);
}

/** Runs an operation without data: frames go to `onFrame` until DONE. */
function request(
  connection: ExecdConnection,
  open: (stream: number) => Buffer,
  onFrame: (type: number, payload: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.start(open, {
      onFrame(type, payload) {
        if (type === FrameType.DONE) {
          agentFrame.empty(payload);
          resolve();
          return true;
        }
        if (type === FrameType.ERROR) {
          reject(failureOf(payload));
          return true;
        }
        onFrame(type, payload);
        return false;
      },
      onLost: reject,
    });
  });
}

/** The error of an ERROR frame. */
export function failureOf(payload: Buffer): ExecdError {
  const failure = agentFrame.failure(payload);
  return new ExecdError(failure.code, failure.message);
}

/** The violation that a frame out of place is. */
export function unexpected(type: number): ProtocolViolation {
  return new ProtocolViolation(`a frame of type ${String(type)} out of place`);
}

function unexpectedFrame(type: number): never {
  throw unexpected(type);
}
