import type { Readable } from "node:stream";
import {
  type FileEntry,
  type FileListing,
  sandboxError,
  type UploadResult,
  type ByteRange,
  type FileDownload,
  workspacePath,
} from "@sandbox-system/contract";
import type { WorkspaceEntry } from "../execd/protocol/agent-frames.js";
import { readFile } from "../execd/read-file.js";
import { listWorkspace, removeEntry, statEntry } from "../execd/workspace-operations.js";
import { writeFile } from "../execd/write-file.js";
import type { Session } from "../session/session.js";
import type { LimitOptions } from "../settings/sandbox-options.js";
import { fileError, fileTooLarge } from "./file-error.js";
import { permissionsText } from "./permissions.js";

/** Mode of uploaded files: the owner writes, everybody reads. */
const UPLOAD_MODE = 0o644;

/** Entries listed at most: directories and links come on top of the files that a workspace may hold. */
const ENTRIES_PER_FILE = 4;
const MIN_ENTRIES = 10_000;

/** Files of a session's workspace. All methods throw SandboxError as `SandboxService` says. */
export class WorkspaceFiles {
  constructor(private readonly limits: LimitOptions) {}

  async list(session: Session): Promise<FileListing> {
    const maxEntries = Math.max(this.limits.maxTotalFiles * ENTRIES_PER_FILE, MIN_ENTRIES);
    const entries = await this.#guard(".", () =>
      listWorkspace(session.facts.sandbox.connection, maxEntries),
    );
    const files = entries
      .filter(({ kind }) => kind !== "directory")
      .sort((left, right) => right.mtimeMs - left.mtimeMs || Buffer.compare(left.path, right.path));
    return {
      sessionId: session.facts.id,
      workspaceDir: workspaceDirOf(session),
      files: files.map(fileEntry),
      totalFiles: files.length,
      totalSizeBytes: files.reduce((sum, { size }) => sum + size, 0),
    };
  }

  stat(session: Session, path: string): Promise<FileEntry> {
    const name = workspacePath(path, workspaceDirOf(session));
    return this.#guard(path, async () => {
      const entry = await statEntry(session.facts.sandbox.connection, Buffer.from(name));
      if (entry.kind !== "file") throw notAFile(path);
      return fileEntry(entry);
    });
  }

  async read(session: Session, path: string, range?: ByteRange): Promise<FileDownload> {
    const name = workspacePath(path, workspaceDirOf(session));
    const start = range?.start ?? 0;
    const length = range?.end === undefined ? undefined : range.end - start + 1;
    const file = await this.#guard(path, () =>
      readFile(session.facts.sandbox.connection, Buffer.from(name), start, length),
    );
    const size = file.entry.size;
    if (range !== undefined && start >= size) {
      file.content.destroy();
      throw sandboxError(
        "RANGE_NOT_SATISFIABLE",
        `The range begins at byte ${String(start)}, but the file has ${String(size)} bytes.`,
        { details: { size_bytes: size } },
      );
    }
    return {
      entry: fileEntry(file.entry),
      contentLength: Math.min(size - start, length ?? Number.MAX_SAFE_INTEGER),
      content: file.content,
    };
  }

  async write(
    session: Session,
    path: string,
    content: Readable | Uint8Array,
    sizeBytes: number | undefined,
  ): Promise<UploadResult> {
    const name = workspacePath(path, workspaceDirOf(session));
    const expected = content instanceof Uint8Array ? content.byteLength : sizeBytes;
    if (expected !== undefined && expected > this.limits.maxFileBytes) {
      throw fileTooLarge(expected, this.limits);
    }
    const written = await this.#guard(path, () =>
      writeFile(
        session.facts.sandbox.connection,
        {
          path: Buffer.from(name),
          mode: UPLOAD_MODE,
          maxBytes: this.limits.maxFileBytes,
          expectedBytes: expected,
        },
        content,
      ),
    );
    return {
      status: "uploaded",
      filename: name,
      path: `${workspaceDirOf(session)}/${name}`,
      sizeBytes: written.size,
    };
  }

  remove(session: Session, path: string): Promise<void> {
    const name = workspacePath(path, workspaceDirOf(session));
    return this.#guard(path, () =>
      removeEntry(session.facts.sandbox.connection, Buffer.from(name)),
    );
  }

  async #guard<T>(path: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw fileError(error, path, this.limits);
    }
  }
}

function workspaceDirOf(session: Session): string {
  return session.facts.sandbox.identity.workspaceDir;
}

function fileEntry(entry: WorkspaceEntry): FileEntry {
  return {
    name: entry.path.toString("utf8"),
    sizeBytes: entry.size,
    modified: new Date(Math.min(entry.mtimeMs, LATEST_DATE_MS)),
    permissions: permissionsText(entry.mode),
  };
}

/** The last moment that a Date can hold; a file may claim a later one. */
const LATEST_DATE_MS = 8.64e15;

function notAFile(path: string) {
  return sandboxError("INVALID_PATH", `Cannot use ${JSON.stringify(path)}: it is not a file.`);
}
