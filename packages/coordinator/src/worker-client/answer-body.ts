import type { Readable } from "node:stream";

/** The longest error body or small answer that is read for its text, bytes: error bodies are under 10 KB. */
const MAX_ERROR_BYTES = 262_144;

/** The bytes of a body as text; "" when there are more than an error can have. Rejects when the body breaks off. */
export async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ERROR_BYTES) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What JSON text says; undefined for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
