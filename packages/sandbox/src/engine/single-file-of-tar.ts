import { extract } from "tar-stream";

/** The content of the first regular file in a tar stream; undefined: there is none. */
export async function singleFileOfTar(archive: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  const entries = extract();
  archive.pipe(entries);
  for await (const entry of entries) {
    if (entry.header.type !== "file") {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  return undefined;
}
