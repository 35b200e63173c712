import { Transform, type TransformCallback } from "node:stream";
import { type SandboxError, sandboxError } from "@sandbox-system/contract";

const MIB = 1024 ** 2;

/**
 * The error of a file beyond the limit. `uploadedBytes` is what is known of its size: what was declared, or what had come when it
 * passed the limit.
 */
export function fileTooLarge(maxBytes: number, uploadedBytes: number): SandboxError {
  const maxMb = maxBytes / MIB;
  return sandboxError(
    "FILE_TOO_LARGE",
    `File size exceeds maximum: at most ${String(maxMb)} MB (MAX_FILE_SIZE_MB) may be uploaded.`,
    {
      details: {
        max_size_mb: maxMb,
        // Two decimals, rounded up: a file that is one byte over must not read as one that fits.
        uploaded_size_mb: Math.ceil((uploadedBytes / MIB) * 100) / 100,
      },
    },
  );
}

/** Lets a file pass and counts it; fails with FILE_TOO_LARGE as soon as it is larger than `maxBytes`. */
export class FileSizeLimit extends Transform {
  readonly #maxBytes: number;
  #size = 0;

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  /** Bytes that have passed. */
  get size(): number {
    return this.#size;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) callback(fileTooLarge(this.#maxBytes, this.#size));
    else callback(null, chunk);
  }
}
