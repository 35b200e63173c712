/**
 * Shells whose command text would have to be parsed by a grammar other than bash's. They can never be allowed; `bash` can, and
 * then only as `bash -c 'text'`, whose text is judged.
 */
export const UNJUDGED_SHELLS: ReadonlySet<string> = new Set([
  "sh",
  "dash",
  "ash",
  "zsh",
  "ksh",
  "mksh",
  "yash",
  "fish",
  "csh",
  "tcsh",
  "rbash",
  "busybox",
]);
