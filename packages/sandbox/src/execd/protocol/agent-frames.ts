import { HELLO_MAGIC, PROTOCOL_VERSION } from "./frame-type.js";
import { PayloadReader } from "./payload-reader.js";
import { ProtocolViolation } from "./protocol-violation.js";

/** First words of the agent. */
export interface Hello {
  readonly version: number;
  readonly agentVersion: string;
  /** Empty on the first connection. */
  readonly secret: Buffer;
}

/** The agent can take operations. */
export interface Ready {
  /** Absolute path of the shell that runs commands. */
  readonly shell: string;
  readonly uid: number;
  readonly gid: number;
}

/** How a command ended. */
export interface Exit {
  /** 128 + signal when a signal ended it; 124 when it timed out. */
  readonly exitCode: number;
  /** Number of the signal; 0: none. */
  readonly signal: number;
  readonly timedOut: boolean;
  readonly oomKilled: boolean;
  readonly cancelled: boolean;
  readonly workspaceBytesExceeded: boolean;
  readonly workspaceFilesExceeded: boolean;
  readonly stdoutDropped: number;
  readonly stderrDropped: number;
  readonly durationUs: number;
}

/** Kind of a directory entry. */
type EntryKind = "file" | "directory" | "symlink" | "other";

/** One entry of the workspace. */
export interface WorkspaceEntry {
  /** Relative to the workspace, as bytes: names need not be UTF-8. */
  readonly path: Buffer;
  readonly kind: EntryKind;
  readonly size: number;
  readonly mtimeMs: number;
  /** st_mode. */
  readonly mode: number;
}

/** Codes of ERROR frames. */
export const AgentErrorCode = {
  NOT_FOUND: 1,
  NOT_A_FILE: 2,
  INVALID_PATH: 3,
  PERMISSION_DENIED: 4,
  ALREADY_EXISTS: 5,
  WORKSPACE_BYTES_EXCEEDED: 6,
  WORKSPACE_FILES_EXCEEDED: 7,
  CANCELLED: 8,
  NOT_STARTED: 9,
  IO: 10,
  BAD_WORKING_DIRECTORY: 11,
  FILE_TOO_LARGE: 12,
  NO_SPACE: 13,
  TOO_MANY_STREAMS: 14,
  NOT_EMPTY: 15,
  NOT_A_DIRECTORY: 16,
} as const;

/** Terminal failure of an operation, as the agent says it. */
export interface AgentFailure {
  readonly code: number;
  readonly message: string;
}

const KINDS: Readonly<Record<number, EntryKind>> = {
  1: "file",
  2: "directory",
  3: "symlink",
  4: "other",
};

/** The agent's sentences end in logs and errors: long ones are cut. */
const MAX_MESSAGE_LENGTH = 500;

/** Decoders of every structured frame that the agent sends. All throw {@link ProtocolViolation}. */
export const agentFrame = {
  hello(payload: Buffer): Hello {
    return whole(payload, (reader) => {
      if (reader.u32() !== HELLO_MAGIC) throw new ProtocolViolation("HELLO without its magic");
      const version = reader.u16();
      if (version !== PROTOCOL_VERSION) {
        throw new ProtocolViolation(`the agent speaks version ${String(version)} of the protocol`);
      }
      return { version, agentVersion: reader.str(), secret: reader.bytes() };
    });
  },
  ready(payload: Buffer): Ready {
    return whole(payload, (reader) => ({
      shell: reader.str(),
      uid: reader.u32(),
      gid: reader.u32(),
    }));
  },
  pong: (payload: Buffer): bigint => whole(payload, (reader) => reader.u64()),
  credit: (payload: Buffer): number => whole(payload, (reader) => reader.u32()),
  exit(payload: Buffer): Exit {
    return whole(payload, (reader) => {
      const exitCode = reader.i32();
      const signal = reader.u8();
      const flags = reader.u8();
      return {
        exitCode,
        signal,
        timedOut: (flags & 1) !== 0,
        oomKilled: (flags & 2) !== 0,
        cancelled: (flags & 4) !== 0,
        workspaceBytesExceeded: (flags & 8) !== 0,
        workspaceFilesExceeded: (flags & 16) !== 0,
        stdoutDropped: reader.count(),
        stderrDropped: reader.count(),
        durationUs: reader.count(),
      };
    });
  },
  failure(payload: Buffer): AgentFailure {
    return whole(payload, (reader) => ({
      code: reader.u16(),
      message: reader.str().slice(0, MAX_MESSAGE_LENGTH),
    }));
  },
  /** A frame without fields. */
  empty: (payload: Buffer): void => {
    new PayloadReader(payload).end();
  },
  entry: (payload: Buffer): WorkspaceEntry => whole(payload, readEntry),
  entries(payload: Buffer): WorkspaceEntry[] {
    return whole(payload, (reader) => {
      const count = reader.u32();
      const entries: WorkspaceEntry[] = [];
      for (let index = 0; index < count; index += 1) entries.push(readEntry(reader));
      return entries;
    });
  },
} as const;

function readEntry(reader: PayloadReader): WorkspaceEntry {
  // A copy: listings outlive the received chunk.
  const path = Buffer.from(reader.bytes());
  const kind = KINDS[reader.u8()];
  if (kind === undefined) throw new ProtocolViolation("an entry of unknown kind");
  return { path, kind, size: reader.count(), mtimeMs: reader.count(), mode: reader.u32() };
}

function whole<T>(payload: Buffer, read: (reader: PayloadReader) => T): T {
  const reader = new PayloadReader(payload);
  const value = read(reader);
  reader.end();
  return value;
}
