/**
 * Commands that may run unless ALLOWED_COMMANDS says otherwise: readers and transformers of data, the python interpreter, and
 * a few that only look or wait. Shell builtins that cannot start a program need no place here (see `commands/builtins.ts`).
 */
export const DEFAULT_ALLOWED_COMMANDS: readonly string[] = Object.freeze([
  "jq",
  "awk",
  "grep",
  "sed",
  "sort",
  "uniq",
  "head",
  "tail",
  "wc",
  "cut",
  "tr",
  "cat",
  "echo",
  "date",
  "find",
  "ls",
  "python3",
  "python",
  "bc",
  "comm",
  "diff",
  "basename",
  "dirname",
  "file",
  "stat",
  "tee",
  "whoami",
  "id",
  "sleep",
  "seq",
  "mkdir",
  "touch",
]);

/** Commands that never run unless FORBIDDEN_PATTERNS says otherwise: they destroy data, reach the network or change rights. */
export const DEFAULT_FORBIDDEN_COMMANDS: readonly string[] = Object.freeze([
  "rm",
  "mv",
  "dd",
  "curl",
  "wget",
  "ssh",
  "sudo",
  "chmod",
  "chown",
]);

/** What to do instead of a forbidden command, where there is something. Completes the sentence `Command "x" is forbidden.` */
export const FORBIDDEN_ADVICE: Readonly<Record<string, string>> = Object.freeze({
  rm: "Delete files through the files API, or write to a new file name.",
  mv: "Write the result under its new name (cat old > new), or delete the old file through the files API.",
  dd: "Use head -c, tail -c or python3 to copy bytes.",
  curl: "The sandbox has no network: upload the data through the file upload API instead.",
  wget: "The sandbox has no network: upload the data through the file upload API instead.",
  ssh: "The sandbox has no network.",
  sudo: "Nothing in the sandbox needs more rights: run the command without sudo.",
  chmod: "Files of the workspace are yours already; run scripts as python3 script.py.",
  chown: "Files of the workspace are yours already.",
});
