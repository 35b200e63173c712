import type { Duplex } from "node:stream";
import { FrameDecoder, type RawFrame } from "../execd/protocol/frame-decoder.js";
import { FrameType, HELLO_MAGIC, PROTOCOL_VERSION } from "../execd/protocol/frame-type.js";
import { FrameWriter } from "../execd/protocol/frame-writer.js";
import { RESYNC_MARKER } from "../execd/resync.js";
import { PayloadReader } from "../execd/protocol/payload-reader.js";

/** How a scripted command ends. */
export interface ScriptedExit {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly flags?: number;
  readonly stdoutDropped?: number;
  readonly stderrDropped?: number;
  readonly durationUs?: number;
}

/**
 * The agent's end of a connection, played by a test: greets by itself, hands other frames to `onFrame`, and has encoders for what
 * an agent says. It keeps no rules, so that a test can break every one.
 */
export class FakeAgent {
  readonly frames: RawFrame[] = [];
  onFrame: (frame: RawFrame) => void = () => undefined;
  /** Answers pings; switched off to play dead. */
  answersPings = true;
  /** What WELCOME gave it to prove itself with. */
  secret: Buffer = Buffer.alloc(0);
  readonly #decoder = new FrameDecoder();

  constructor(readonly stream: Duplex) {
    stream.on("data", (chunk: Buffer) => {
      this.#decoder.push(chunk, (frame) => {
        this.#take({ ...frame, payload: Buffer.from(frame.payload) });
      });
    });
    stream.on("error", () => undefined);
  }

  /** Resolves when a new host has announced itself on an attached stream; what comes before is dropped, what follows stays in the stream. */
  static async afterResync(stream: Duplex): Promise<void> {
    let seen: Buffer = Buffer.alloc(0);
    await new Promise<void>((resolve) => {
      const take = (chunk: Buffer): void => {
        seen = Buffer.concat([seen, chunk]);
        const at = seen.indexOf(RESYNC_MARKER);
        if (at === -1) return;
        stream.off("data", take);
        stream.unshift(seen.subarray(at + RESYNC_MARKER.byteLength));
        resolve();
      };
      stream.on("data", take);
    });
  }

  hello(secret: Uint8Array = Buffer.alloc(0)): void {
    this.send(
      new FrameWriter(FrameType.HELLO, 0)
        .u32(HELLO_MAGIC)
        .u16(PROTOCOL_VERSION)
        .str("fake")
        .bytes(secret)
        .finish(),
    );
  }

  ready(): void {
    this.send(new FrameWriter(FrameType.READY, 0).str("/bin/bash").u32(1000).u32(1000).finish());
  }

  stdout(stream: number, data: string | Uint8Array): void {
    this.raw(FrameType.STDOUT, stream, data);
  }

  stderr(stream: number, data: string | Uint8Array): void {
    this.raw(FrameType.STDERR, stream, data);
  }

  exit(stream: number, exit: ScriptedExit = {}): void {
    const writer = new FrameWriter(FrameType.EXIT, stream);
    // i32, as two's complement.
    writer.u32((exit.exitCode ?? 0) >>> 0).u8(exit.signal ?? 0);
    writer
      .u8(exit.flags ?? 0)
      .u64(exit.stdoutDropped ?? 0)
      .u64(exit.stderrDropped ?? 0);
    this.send(writer.u64(exit.durationUs ?? 1000).finish());
  }

  error(stream: number, code: number, message: string): void {
    this.send(new FrameWriter(FrameType.ERROR, stream).u16(code).str(message).finish());
  }

  credit(stream: number, bytes: number): void {
    this.send(new FrameWriter(FrameType.CREDIT, stream).u32(bytes).finish());
  }

  done(stream: number): void {
    this.send(new FrameWriter(FrameType.DONE, stream).finish());
  }

  /** FILE_INFO or WRITTEN of a regular file. */
  file(type: FrameType, stream: number, path: string, size: number): void {
    const writer = new FrameWriter(type, stream).str(path).u8(1).u64(size);
    this.send(writer.u64(1_700_000_000_000).u32(0o100644).finish());
  }

  raw(type: FrameType, stream: number, data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    this.send(new FrameWriter(type, stream, bytes.byteLength).raw(bytes).finish());
  }

  send(bytes: Uint8Array): void {
    if (!this.stream.destroyed) this.stream.write(bytes);
  }

  #take(frame: RawFrame): void {
    this.frames.push(frame);
    if (frame.type === FrameType.WELCOME) {
      const payload = new PayloadReader(frame.payload);
      payload.u16();
      this.secret = Buffer.from(payload.bytes());
      this.ready();
    }
    if (frame.type === FrameType.PING && this.answersPings) {
      const nonce = new PayloadReader(frame.payload).u64();
      this.send(new FrameWriter(FrameType.PONG, 0).u64(nonce).finish());
    }
    this.onFrame(frame);
  }
}
