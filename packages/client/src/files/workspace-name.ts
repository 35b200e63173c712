import { sandboxError } from "@sandbox-system/contract";

/** Characters of a faulty name that an error repeats. */
const MAX_SHOWN_LENGTH = 100;

/**
 * A file's name as a backend takes it: relative to the workspace. An absolute path below `workspaceDir` is taken too: people and
 * models write them. Names that a URL cannot carry are refused here, in both modes and in the engine room's words; the rest is for the
 * backend to judge.
 * @throws SandboxError `INVALID_PATH` that says what is wrong.
 */
export function workspaceName(name: string, workspaceDir: string): string {
  const relative = name.startsWith(`${workspaceDir}/`) ? name.slice(workspaceDir.length + 1) : name;
  const fault = faultOf(relative);
  if (fault === undefined) return relative;
  const shown = name.length > MAX_SHOWN_LENGTH ? `${name.slice(0, MAX_SHOWN_LENGTH)}…` : name;
  throw sandboxError("INVALID_PATH", `Invalid file name ${JSON.stringify(shown)}: ${fault}.`, {
    details: { path: name.slice(0, 255) },
  });
}

function faultOf(name: string): string | undefined {
  if (name === "") return "it is empty";
  // Half a surrogate pair has no UTF-8 form, hence no percent-encoding.
  if (/\p{Surrogate}/u.test(name)) return "it is not valid Unicode";
  if (name.startsWith("/")) return "it must be relative to the workspace";
  const parts = name.split("/");
  if (parts.includes("")) return "it has an empty part";
  // Whoever handles a URL on its way resolves these, percent-encoded or not.
  if (parts.includes(".") || parts.includes("..")) {
    return 'it must not have "." or ".." as a part';
  }
  return undefined;
}
