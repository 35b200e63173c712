import { FrameType, PROTOCOL_VERSION } from "./frame-type.js";
import { FrameWriter, U64_MAX } from "./frame-writer.js";

/** What the host tells the agent once per connection. */
export interface Welcome {
  /** 32 bytes that the agent proves itself with when it connects again. */
  readonly secret: Uint8Array;
  readonly workspaceDir: string;
  readonly maxWorkspaceBytes: number;
  readonly maxFiles: number;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly killGraceMs: number;
  /** Silence of the host after which the agent ends itself, milliseconds. */
  readonly orphanTimeoutMs: number;
  /** Credit that every stream starts with, bytes. */
  readonly window: number;
}

/** A command to start. */
export interface ExecStart {
  readonly command: string;
  /** "": the workspace; otherwise relative to it. */
  readonly cwd: string;
  readonly env: readonly string[];
  /** 0: none. */
  readonly timeoutMs: number;
  readonly stdoutLimit: number;
  readonly stderrLimit: number;
  readonly stdinFollows: boolean;
}

/** A file to write. */
export interface WriteStart {
  readonly path: Uint8Array;
  readonly mode: number;
  readonly maxBytes: number;
  readonly expectedBytes: number | undefined;
}

const STDIN_FOLLOWS = 1;

/** Encoders of every frame that the host sends; each gives a whole frame, ready to be written. */
export const hostFrame = {
  welcome: (welcome: Welcome) =>
    new FrameWriter(FrameType.WELCOME, 0, 128)
      .u16(PROTOCOL_VERSION)
      .bytes(welcome.secret)
      .str(welcome.workspaceDir)
      .u64(welcome.maxWorkspaceBytes)
      .u32(welcome.maxFiles)
      .u32(welcome.killGraceMs)
      .u32(welcome.orphanTimeoutMs)
      .u32(welcome.window)
      .finish(),
  ping: (nonce: bigint) => new FrameWriter(FrameType.PING, 0, 8).u64(nonce).finish(),
  shutdown: () => new FrameWriter(FrameType.SHUTDOWN, 0, 0).finish(),
  exec: (stream: number, start: ExecStart) => {
    const writer = new FrameWriter(FrameType.EXEC, stream, start.command.length + 256);
    writer.str(start.command).str(start.cwd).u32(start.env.length);
    for (const variable of start.env) writer.str(variable);
    return writer
      .u32(start.timeoutMs)
      .u64(start.stdoutLimit)
      .u64(start.stderrLimit)
      .u8(start.stdinFollows ? STDIN_FOLLOWS : 0)
      .finish();
  },
  stdin: (stream: number, data: Uint8Array) => raw(FrameType.STDIN, stream, data),
  stdinEnd: (stream: number) => empty(FrameType.STDIN_END, stream),
  cancel: (stream: number) => empty(FrameType.CANCEL, stream),
  credit: (stream: number, bytes: number) =>
    new FrameWriter(FrameType.CREDIT, stream, 4).u32(bytes).finish(),
  /** `length` undefined: to the end. */
  read: (stream: number, path: Uint8Array, offset: number, length: number | undefined) =>
    new FrameWriter(FrameType.READ, stream, path.byteLength + 20)
      .bytes(path)
      .u64(offset)
      .u64(length ?? U64_MAX)
      .finish(),
  write: (stream: number, start: WriteStart) =>
    new FrameWriter(FrameType.WRITE, stream, start.path.byteLength + 24)
      .bytes(start.path)
      .u32(start.mode)
      .u64(start.maxBytes)
      .u64(start.expectedBytes ?? U64_MAX)
      .finish(),
  data: (stream: number, data: Uint8Array) => raw(FrameType.DATA, stream, data),
  dataEnd: (stream: number) => empty(FrameType.DATA_END, stream),
  list: (stream: number, path: Uint8Array, maxEntries: number) =>
    new FrameWriter(FrameType.LIST, stream).bytes(path).u32(maxEntries).finish(),
  stat: (stream: number, path: Uint8Array) =>
    new FrameWriter(FrameType.STAT, stream).bytes(path).finish(),
  mkdir: (stream: number, path: Uint8Array) =>
    new FrameWriter(FrameType.MKDIR, stream).bytes(path).finish(),
  remove: (stream: number, path: Uint8Array, recursive: boolean) =>
    new FrameWriter(FrameType.REMOVE, stream)
      .bytes(path)
      .u8(recursive ? 1 : 0)
      .finish(),
} as const;

function raw(type: FrameType, stream: number, data: Uint8Array): Buffer {
  return new FrameWriter(type, stream, data.byteLength).raw(data).finish();
}

function empty(type: FrameType, stream: number): Buffer {
  return new FrameWriter(type, stream, 0).finish();
}
