/**
 * A set-up step that cannot go on, in words for the person at the keyboard.
 * `message` says what is wrong; every line of `advice` is something to do about it, commands ready to be pasted.
 * It is printed without a stack: where in these scripts it arose is of no use to who reads it.
 */
export class SetupFailure extends Error {
  /**
   * @param {string} message what is wrong, one sentence
   * @param {string[]} [advice] what to do, a line each, in order
   * @param {{ exitCode?: number, cause?: unknown }} [more] `exitCode`: of the process, 1 unless told (130 when interrupted)
   */
  constructor(message, advice = [], more = {}) {
    super(message, { cause: more.cause });
    this.name = "SetupFailure";
    this.advice = advice;
    this.exitCode = more.exitCode ?? 1;
  }
}

/** Errors of the file system that a person can mend, and how. */
const FILE_SYSTEM_ADVICE = new Map([
  [
    "EACCES",
    "Does this folder belong to you?   ls -ld .   (a set-up that ran as root leaves files of root's: sudo chown -R $USER .)",
  ],
  ["EPERM", "Does this folder belong to you?   ls -ld ."],
  ["EROFS", "This folder is read-only; use a checkout that can be written to."],
  ["ENOSPC", "The disk is full.   df -h ."],
]);

/**
 * How a failure is shown: what is wrong, then what to do. Anything that is neither a SetupFailure nor a refusal of the file
 * system is a defect of these scripts, so that its stack is shown.
 * @param {unknown} error
 * @returns {string} several lines, without a final line break
 */
export function describeFailure(error) {
  const mendable =
    error instanceof Error && "code" in error && FILE_SYSTEM_ADVICE.get(String(error.code));
  if (mendable)
    return describeFailure(new SetupFailure(`Set-up cannot go on: ${error.message}`, [mendable]));
  if (!(error instanceof SetupFailure)) {
    return `Set-up failed unexpectedly; this is a defect of the set-up scripts.\n${error instanceof Error ? error.stack : String(error)}`;
  }
  if (error.advice.length === 0) return error.message;
  return [error.message, "", "What to do:", ...error.advice.map((line) => `  ${line}`)].join("\n");
}
