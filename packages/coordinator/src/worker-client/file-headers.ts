import type { IncomingHttpHeaders } from "node:http";
import type { FileEntry } from "@sandbox-system/contract";

/**
 * A file as the headers of an answer about it tell it. What they do not tell is left empty: permissions are shown by listings only.
 * `path` as it was asked for.
 */
export function fileFromHeaders(path: string, headers: IncomingHttpHeaders): FileEntry {
  return {
    name: path,
    sizeBytes: wholeSize(headers),
    modified: new Date(headers["last-modified"] ?? 0),
    permissions: "",
  };
}

/** Bytes of the body that goes with the headers. */
export function contentLength(headers: IncomingHttpHeaders): number {
  return Number(headers["content-length"] ?? 0);
}

/** Size of the file: of a part, what Content-Range says. */
function wholeSize(headers: IncomingHttpHeaders): number {
  const total = /\/(\d+)$/.exec(headers["content-range"] ?? "")?.[1];
  return total === undefined ? contentLength(headers) : Number(total);
}
