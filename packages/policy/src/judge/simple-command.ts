import type { Assignment, Command, CommandArgument, Word } from "unbash";
import { BUILTIN_JUDGES, NEVER_ALLOWED_BUILTINS } from "../commands/builtins.js";
import { PROGRAM_JUDGES } from "../commands/programs.js";
import { UNJUDGED_SHELLS } from "../commands/shells.js";
import { reject } from "../decision.js";
import { FORBIDDEN_ADVICE } from "../default-lists.js";
import type { PolicySettings } from "../settings.js";
import { wordText } from "../tree/word-text.js";
import { judgeAssignedValue } from "./assignments.js";
import type { CommandCall, Judge } from "./judge.js";

/** Directories that commands may be named by. Others may hold a file that the user wrote. */
const STANDARD_PATH = /^\/(?:usr\/(?:local\/)?)?bin\/([^/]+)$/;

/** Names that a policy with an explanation mentions at most; more would bury the sentence. */
const MAX_NAMES_LISTED = 40;

/** Builtins that may have IFS as a prefix: it then splits what they read, and nothing else. */
const READERS: ReadonlySet<string> = new Set(["read", "mapfile", "readarray"]);

/** Judges a simple command: what expanding its words runs, then whether its name may run with such arguments. */
export function judgeSimpleCommand(command: Command, judge: Judge): void {
  const { name } = command;
  for (const part of command.prefix) {
    if (part.type === "Assignment") judgePrefix(part, name, judge);
  }
  for (const redirect of command.redirects) judge.redirection(redirect);
  if (name === undefined) return;
  judge.word(name);
  for (const arg of command.args) {
    if (arg.type === "Word") judge.word(arg);
    else judgeAssignedValue(arg, judge);
  }
  judgeCall(name, command.args, { external: false, appended: false }, judge);
}

/** Judges the command that a wrapper such as `timeout` runs: a program, never a builtin or a function. */
export function judgeWrapped(
  words: readonly CommandArgument[],
  how: { readonly appended: boolean },
  judge: Judge,
): void {
  const [name, ...args] = words;
  if (name === undefined) return;
  if (name.type === "Assignment") {
    return reject("command-name-not-literal", "The name of the command must be a word.", name.text);
  }
  judgeCall(name, args, { external: true, appended: how.appended }, judge);
}

/** Whether the settings or the policy itself refuse a name whatever else is allowed. */
export function isNeverAllowed(name: string, settings: PolicySettings): boolean {
  return (
    settings.forbiddenCommands.includes(name) ||
    NEVER_ALLOWED_BUILTINS.has(name) ||
    UNJUDGED_SHELLS.has(name)
  );
}

function judgePrefix(assignment: Assignment, name: Word | undefined, judge: Judge): void {
  const reads = assignment.name === "IFS" && name !== undefined && READERS.has(name.text);
  if (reads) judgeAssignedValue(assignment, judge);
  else judge.assignment(assignment);
}

function judgeCall(
  word: Word,
  args: readonly CommandArgument[],
  how: { readonly external: boolean; readonly appended: boolean },
  judge: Judge,
): void {
  const text = [word.text, ...args.map((arg) => arg.text)].join(" ");
  const name = commandName(word, text, judge.settings);
  const call: CommandCall = { name, args, text, ...how };
  const { allowedCommands } = judge.settings;
  if (!how.external) {
    const never = NEVER_ALLOWED_BUILTINS.get(name);
    if (never !== undefined)
      reject("dangerous-builtin", `"${name}" is not allowed: ${never}`, text);
    const builtin = BUILTIN_JUDGES.get(name);
    if (builtin !== undefined) {
      builtin(call, judge);
      return;
    }
  }
  if (UNJUDGED_SHELLS.has(name)) {
    reject(
      "command-not-allowed",
      `The shell "${name}" is not allowed. Write its commands directly.`,
      text,
    );
  }
  if (allowedCommands.includes(name)) {
    judgeProgram(call, judge);
    return;
  }
  const missing = how.external ? { name, text } : judge.functions.missingFor(name, text);
  if (missing !== undefined) {
    reject(
      "command-not-allowed",
      `Command "${missing.name}" is not allowed. Allowed commands: ${listed(allowedCommands)}`,
      missing.text,
    );
  }
}

function judgeProgram(call: CommandCall, judge: Judge): void {
  const program = PROGRAM_JUDGES.get(call.name);
  if (program === undefined) return;
  if (call.appended) {
    reject(
      "dangerous-option",
      `xargs must not feed "${call.name}", whose arguments can run commands. Use a while read loop.`,
      call.text,
    );
  }
  program(call, judge);
}

/** The name a command word stands for, or a rejection: computed, forbidden, or a path that may be anything. */
function commandName(word: Word, text: string, settings: PolicySettings): string {
  const read = wordText(word);
  const base = read.text.slice(read.text.lastIndexOf("/") + 1);
  if (read.expansions.length === 0 && settings.forbiddenCommands.includes(base)) {
    const advice = FORBIDDEN_ADVICE[base];
    reject(
      "forbidden-command",
      `Command "${base}" is forbidden.${advice === undefined ? "" : ` ${advice}`}`,
      text,
    );
  }
  if (read.expansions.length > 0 || read.inexact || word.text.startsWith("~")) {
    reject(
      "command-name-not-literal",
      "The name of a command must be written out: not a variable, substitution, pattern, brace or escape.",
      text,
    );
  }
  if (!read.text.includes("/")) return read.text;
  const plain = STANDARD_PATH.exec(read.text)?.[1];
  if (plain === undefined) {
    reject(
      "command-path-not-allowed",
      "Files outside /bin and /usr/bin cannot be run as commands. Run a script as python3 script.py.",
      text,
    );
  }
  return plain;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES_LISTED).join(", ");
  return names.length > MAX_NAMES_LISTED
    ? `${shown}, … (${String(names.length)} in all).`
    : `${shown}.`;
}
