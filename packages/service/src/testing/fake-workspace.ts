import type { Readable } from "node:stream";
import { type FileEntry, sandboxError } from "@sandbox-system/contract";
import { fileTooLarge } from "../api/operations/file-size-limit.js";

interface StoredFile {
  readonly bytes: Buffer;
  readonly modified: Date;
}

/** A workspace in memory, with the path rules of the real one: relative, no empty, `.` or `..` segments, no NUL, 255 bytes a name. */
export class FakeWorkspace {
  readonly #files = new Map<string, StoredFile>();
  readonly #maxFileBytes: number;

  constructor(maxFileBytes: number) {
    this.#maxFileBytes = maxFileBytes;
  }

  /** Newest first. */
  list(): FileEntry[] {
    return [...this.#files.keys()]
      .map((path) => this.stat(path))
      .sort((a, b) => b.modified.getTime() - a.modified.getTime());
  }

  stat(path: string): FileEntry {
    const { bytes, modified } = this.#get(path);
    return { name: path, sizeBytes: bytes.length, modified, permissions: "-rw-r--r--" };
  }

  read(path: string): Buffer {
    return this.#get(path).bytes;
  }

  /** Takes the content in whole before anything is visible. */
  async write(path: string, content: Readable | Uint8Array, modified: Date): Promise<number> {
    requirePath(path);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      chunks.push(Buffer.from(chunk as Uint8Array));
      size += (chunk as Uint8Array).length;
      if (size > this.#maxFileBytes) throw fileTooLarge(this.#maxFileBytes, size);
    }
    this.#files.set(path, { bytes: Buffer.concat(chunks), modified });
    return size;
  }

  remove(path: string): void {
    this.#get(path);
    this.#files.delete(path);
  }

  #get(path: string): StoredFile {
    requirePath(path);
    const file = this.#files.get(path);
    if (file === undefined) throw sandboxError("FILE_NOT_FOUND", "There is no such file.");
    return file;
  }
}

function requirePath(path: string): void {
  const wrong = path
    .split("/")
    .some((name) => name === "" || name === "." || name === ".." || Buffer.byteLength(name) > 255);
  if (wrong || path.includes("\0"))
    throw sandboxError("INVALID_PATH", "The path must stay inside the workspace.");
}
