import { Duplex, type Readable } from "node:stream";

/** A raw connection that Docker upgraded: a socket, though the types say less. */
interface RawConnection extends NodeJS.ReadWriteStream {
  destroy?(): void;
  ref?(): unknown;
  unref?(): unknown;
}

/** stdin and the demultiplexed stdout of an attached container as one stream. */
export class AttachedStream extends Duplex {
  constructor(
    private readonly connection: RawConnection,
    private readonly stdout: Readable,
  ) {
    super({ allowHalfOpen: false });
    stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause();
    });
    const end = (): void => {
      this.push(null);
    };
    connection.on("end", end);
    connection.on("close", end);
    connection.on("error", (error: Error) => {
      this.destroy(error);
    });
  }

  ref(): void {
    this.connection.ref?.();
  }

  unref(): void {
    this.connection.unref?.();
  }

  override _read(): void {
    this.stdout.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    // Frames are bytes; the encoding is that of strings, which never come here.
    this.connection.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.connection.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.connection.destroy?.();
    this.stdout.destroy();
    callback(error);
  }
}
