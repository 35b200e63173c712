import { sandboxError } from "./errors/specific-errors.js";

/** Linux takes no longer names and paths. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4095;

/** Names that begin so are the agent's unfinished uploads; they are never listed, so nobody may make one. */
const RESERVED_PREFIX = ".execd-";

/**
 * Checks the name of a file in a workspace and gives it relative to the workspace. Absolute paths below `workspaceDir` are taken too:
 * people and models write them. What the path leads to (symlinks) is the agent's to check, where it can be done without a race.
 * @throws SandboxError `INVALID_PATH` that says what is wrong.
 */
export function workspacePath(path: string, workspaceDir: string): string {
  const relative = path.startsWith(`${workspaceDir}/`) ? path.slice(workspaceDir.length + 1) : path;
  const fault = faultOf(relative);
  if (fault !== undefined) {
    throw sandboxError("INVALID_PATH", `Invalid file name ${shown(path)}: ${fault}.`, {
      details: { path: path.slice(0, MAX_NAME_BYTES) },
    });
  }
  return relative;
}

function faultOf(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.includes("\0")) return "it contains NUL";
  if (!path.isWellFormed()) return "it is not valid Unicode";
  if (path.startsWith("/")) return "it must be relative to the workspace";
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    return `it is longer than ${String(MAX_PATH_BYTES)} bytes`;
  }
  for (const name of path.split("/")) {
    if (name === "") return "it has an empty part";
    if (name === "." || name === "..") return 'it must not have "." or ".." as a part';
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
      return `a part is longer than ${String(MAX_NAME_BYTES)} bytes`;
    }
    if (name.startsWith(RESERVED_PREFIX)) return "names that begin with .execd- are reserved";
  }
  return undefined;
}

function shown(path: string): string {
  return JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
}
