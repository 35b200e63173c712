import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Writes a download to a local file, whole or not at all: into a temporary file beside it, then renamed over it. The directory must
 * exist.
 * @throws what `content` fails with, or the file system's own error; nothing is left behind then.
 */
export async function saveDownload(content: Readable, localPath: string): Promise<void> {
  const directory = dirname(localPath);
  // The random part keeps two downloads of one name apart; the dot keeps `*` from matching an unfinished file.
  const unfinished = join(
    directory,
    `.${basename(localPath).slice(0, 200)}.${randomBytes(6).toString("hex")}.part`,
  );
  try {
    await pipeline(content, createWriteStream(unfinished, { flags: "wx" }));
    await rename(unfinished, localPath);
  } catch (error) {
    content.destroy();
    await rm(unfinished, { force: true });
    throw error;
  }
}
