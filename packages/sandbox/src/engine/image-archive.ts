import { extract, pack } from "tar-stream";
import type { ImageFile } from "./container-engine.js";

/** The content of the first regular file in a tar stream; undefined: there is none. */
export async function singleFileOf(archive: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  const entries = extract();
  archive.pipe(entries);
  for await (const entry of entries) {
    if (entry.header.type === "file") return await joined(entry as AsyncIterable<Buffer>);
    entry.resume();
  }
  return undefined;
}

/** A tar archive of files and directories. */
export async function archiveOf(files: readonly ImageFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, mode, uid, gid, content } of files) {
    const header = { name: path, mode, uid, gid };
    if (content === undefined) archive.entry({ ...header, type: "directory" });
    else archive.entry(header, Buffer.from(content));
  }
  archive.finalize();
  return await joined(archive as AsyncIterable<Buffer>);
}

async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
