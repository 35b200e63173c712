import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** An uploaded file that waits on disk for the session it belongs to, in a directory that only this process's user can read. */
export class StagedFile {
  readonly #directory: string;
  readonly #path: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, "content");
  }

  /** Writes `content` below `parent`. Rejects with whatever ended `content`; then nothing is left. */
  static async stage(content: Readable, parent: string): Promise<StagedFile> {
    const staged = new StagedFile(await mkdtemp(join(parent, "sandbox-upload-")));
    try {
      // A stream that was destroyed while the directory was made never tells pipeline that it has closed.
      if (content.destroyed) throw content.errored ?? new Error("The upload was given up");
      await pipeline(content, createWriteStream(staged.#path, { mode: 0o600 }));
      return staged;
    } catch (error) {
      await staged.remove();
      throw error;
    }
  }

  /** The content from its beginning. */
  open(): Readable {
    return createReadStream(this.#path);
  }

  /** Removes it from the disk. Idempotent. */
  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
