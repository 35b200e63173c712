import { z } from "zod";

/** One file of a workspace. */
export const fileEntrySchema = z.object({
  name: z.string().describe("Path relative to the workspace"),
  size_bytes: z.int().min(0),
  modified: z.iso.datetime(),
  permissions: z.string().describe("As `ls -l` writes them, e.g. -rw-r--r--"),
});

/** {@link fileEntrySchema} as a type. */
export type FileEntryBody = z.infer<typeof fileEntrySchema>;

/** GET /v1/sessions/{id}/files. */
export const fileListingSchema = z.object({
  session_id: z.string(),
  workspace_dir: z.string(),
  files: z.array(fileEntrySchema),
  total_files: z.int().min(0),
  total_size_bytes: z.int().min(0),
});

/** {@link fileListingSchema} as a type. */
export type FileListingBody = z.infer<typeof fileListingSchema>;

/** Answer to an upload. */
export const uploadResultSchema = z.object({
  status: z.literal("uploaded"),
  filename: z.string().describe("Path relative to the workspace"),
  path: z.string().describe("Absolute path inside the sandbox"),
  size_bytes: z.int().min(0),
});

/** {@link uploadResultSchema} as a type. */
export type UploadResultBody = z.infer<typeof uploadResultSchema>;

/** One file of a workspace, as TypeScript code sees it. */
export interface FileEntry {
  /** Path relative to the workspace; bytes that are not UTF-8 are shown replaced. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modified: Date;
  /** As `ls -l` writes them, e.g. `-rw-r--r--`. */
  readonly permissions: string;
}

/** The workspace's files, recursive, newest first. */
export interface FileListing {
  readonly sessionId: string;
  readonly workspaceDir: string;
  readonly files: readonly FileEntry[];
  readonly totalFiles: number;
  readonly totalSizeBytes: number;
}

/** What an upload came to. */
export interface UploadResult {
  readonly status: "uploaded";
  /** Path relative to the workspace. */
  readonly filename: string;
  /** Absolute path inside the sandbox. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** The wire form of a file. */
export function fileEntryToBody(entry: FileEntry): FileEntryBody {
  return {
    name: entry.name,
    size_bytes: entry.sizeBytes,
    modified: entry.modified.toISOString(),
    permissions: entry.permissions,
  };
}

/** The wire form of a listing. */
export function fileListingToBody(listing: FileListing): FileListingBody {
  return {
    session_id: listing.sessionId,
    workspace_dir: listing.workspaceDir,
    files: listing.files.map(fileEntryToBody),
    total_files: listing.totalFiles,
    total_size_bytes: listing.totalSizeBytes,
  };
}

/** Reads the wire form of a listing. */
export function fileListingFromBody(body: FileListingBody): FileListing {
  return {
    sessionId: body.session_id,
    workspaceDir: body.workspace_dir,
    files: body.files.map((file) => ({
      name: file.name,
      sizeBytes: file.size_bytes,
      modified: new Date(file.modified),
      permissions: file.permissions,
    })),
    totalFiles: body.total_files,
    totalSizeBytes: body.total_size_bytes,
  };
}

/** The wire form of an upload's result. */
export function uploadResultToBody(result: UploadResult): UploadResultBody {
  return {
    status: result.status,
    filename: result.filename,
    path: result.path,
    size_bytes: result.sizeBytes,
  };
}

/** Reads the wire form of an upload's result. */
export function uploadResultFromBody(body: UploadResultBody): UploadResult {
  return {
    status: body.status,
    filename: body.filename,
    path: body.path,
    sizeBytes: body.size_bytes,
  };
}
