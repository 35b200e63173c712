import type { Request } from "express";
import { sandboxError } from "@sandbox-system/contract";

/**
 * The `{path}` of a file route: what follows `/files/`, percent-decoded exactly once, segment by segment. Names are UTF-8; bytes that
 * are not cannot be named in a URL (400 INVALID_PATH before this is reached). Whether the path stays inside the workspace is for the
 * sandbox service to judge.
 * @throws SandboxError INVALID_PATH when an encoded slash hides in a segment: decoding it would invent a directory.
 */
export function filePathOf(req: Request): string {
  const segments: unknown = req.params["path"];
  if (!Array.isArray(segments)) throw new Error("The route has no {path}");
  const names = segments.map(String);
  if (names.some((name) => name.includes("/")))
    throw sandboxError(
      "INVALID_PATH",
      "A file path must not contain encoded slashes (%2F); write them as /.",
    );
  return names.join("/");
}
