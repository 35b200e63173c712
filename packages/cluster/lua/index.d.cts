/** Name of a script: its file's, without `.lua`. */
export type ScriptName =
  | "abandon"
  | "activate"
  | "beat"
  | "check-worker"
  | "claim-thread"
  | "declare-lost"
  | "end"
  | "find-thread"
  | "idempotency-begin"
  | "idempotency-settle"
  | "overdue"
  | "place"
  | "presence"
  | "read-workers"
  | "register-worker"
  | "restore"
  | "restore-rest"
  | "share-token"
  | "sweep"
  | "touch"
  | "withdraw-worker";

/** Every script of this folder, whole: what a script includes is in its text. Read once, when the package is loaded. */
export const luaScripts: Readonly<Record<ScriptName, string>>;
