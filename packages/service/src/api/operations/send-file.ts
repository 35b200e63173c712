import { basename } from "node:path/posix";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import {
  type FileEntry,
  SandboxError,
  sandboxError,
  type ByteRange,
  type FileDownload,
  type SandboxApi,
} from "@sandbox-system/contract";
import { parseRange, type WantedRange } from "../../http/byte-range.js";
import { ExactLength } from "../../http/exact-length.js";
import type { Exchange } from "../../http/route.js";

/** A file of a session. */
export interface FileAddress {
  readonly sessionId: string;
  readonly path: string;
}

/**
 * Sends a file, or the part of it that `Range` asks for. The file streams through: nothing is held beyond the buffers of the connection.
 * Rejects while nothing has been sent; a transfer that breaks later cuts the connection.
 */
export async function sendFile(
  sandboxes: SandboxApi,
  address: FileAddress,
  { req, res, tenant }: Exchange,
): Promise<undefined> {
  const wanted = wantedRange(req);
  const target = { sandboxes, tenant, address };
  const range = wanted === undefined ? undefined : await absoluteRange(target, wanted, res);
  const download = await openDownload(target, range, res);
  if (res.destroyed) {
    download.content.destroy();
    return undefined;
  }
  describeFile(res, download.entry);
  res.setHeader("Content-Length", String(download.contentLength));
  if (range !== undefined) {
    const last = range.start + download.contentLength - 1;
    res.status(206);
    res.setHeader(
      "Content-Range",
      `bytes ${String(range.start)}-${String(last)}/${String(download.entry.sizeBytes)}`,
    );
  }
  try {
    await pipeline(download.content, new ExactLength(download.contentLength), res);
  } catch {
    // pipeline has destroyed the response; the log line says aborted.
  }
  return undefined;
}

/** Headers of a file: never shown by a browser, always saved. */
export function describeFile(res: Response, entry: FileEntry): void {
  res.attachment(basename(entry.name));
  res.setHeader("Content-Type", "application/octet-stream");
  res.setHeader("Last-Modified", entry.modified.toUTCString());
  res.setHeader("Accept-Ranges", "bytes");
}

/** Ranges mean something to GET only. If-Range needs a validator that workspace files do not have; the whole always answers it. */
function wantedRange(req: Request): WantedRange | undefined {
  const applies = req.method === "GET" && req.get("if-range") === undefined;
  return applies ? parseRange(req.get("range")) : undefined;
}

interface Target {
  readonly sandboxes: SandboxApi;
  readonly tenant: string;
  readonly address: FileAddress;
}

async function absoluteRange(
  target: Target,
  wanted: WantedRange,
  res: Response,
): Promise<ByteRange> {
  if (wanted.kind === "from") return { start: wanted.start, end: wanted.end };
  const size = await sizeOf(target);
  if (wanted.suffix === 0 || size === 0) throw notSatisfiable(size, res);
  return { start: Math.max(0, size - wanted.suffix) };
}

async function openDownload(
  target: Target,
  range: ByteRange | undefined,
  res: Response,
): Promise<FileDownload> {
  const { sandboxes, tenant, address } = target;
  try {
    return await sandboxes.readFile(tenant, address.sessionId, address.path, range);
  } catch (error) {
    if (error instanceof SandboxError && error.code === "RANGE_NOT_SATISFIABLE")
      throw notSatisfiable(await sizeOf(target), res);
    throw error;
  }
}

async function sizeOf({ sandboxes, tenant, address }: Target): Promise<number> {
  const entry = await sandboxes.statFile(tenant, address.sessionId, address.path);
  return entry.sizeBytes;
}

function notSatisfiable(size: number, res: Response): SandboxError {
  res.setHeader("Content-Range", `bytes */${String(size)}`);
  return sandboxError(
    "RANGE_NOT_SATISFIABLE",
    `The range lies outside the file, which has ${String(size)} bytes.`,
    { details: { size_bytes: size } },
  );
}
