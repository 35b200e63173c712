/** Frame types of the execd protocol; docs/EXECD_PROTOCOL.md is the specification. */
export const FrameType = {
  NOP: 0x00,
  HELLO: 0x01,
  WELCOME: 0x02,
  READY: 0x03,
  PING: 0x04,
  PONG: 0x05,
  SHUTDOWN: 0x06,
  EXEC: 0x10,
  STDIN: 0x11,
  STDIN_END: 0x12,
  CANCEL: 0x13,
  CREDIT: 0x14,
  STDOUT: 0x21,
  STDERR: 0x22,
  EXIT: 0x23,
  ERROR: 0x2f,
  READ: 0x30,
  WRITE: 0x31,
  LIST: 0x32,
  STAT: 0x33,
  MKDIR: 0x34,
  REMOVE: 0x35,
  FILE_INFO: 0x40,
  DATA: 0x41,
  DONE: 0x42,
  DATA_END: 0x43,
  WRITTEN: 0x44,
  ENTRIES: 0x45,
} as const;

/** The number of a frame type. */
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Bytes of length, type and stream before the payload. */
export const HEADER_BYTES = 9;

/** Largest payload of any frame, bytes. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Largest payload of a data frame, bytes: the size of a pipe, so that one read fills one frame. */
export const MAX_DATA_BYTES = 65_536;

/** "SBXA": first word of HELLO. */
export const HELLO_MAGIC = 0x53425841;

/** The version that this end speaks. */
export const PROTOCOL_VERSION = 1;
