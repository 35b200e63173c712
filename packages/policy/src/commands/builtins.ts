import type { CommandJudge } from "../judge/judge.js";
import { judgeDeclaration } from "./declarations.js";
import { judgeMapfile, judgeRead, judgeUnset, judgeWait } from "./names.js";
import { judgeCommandBuiltin, judgeExec, judgeLet, judgePrintf } from "./plain-builtins.js";
import { judgeSet, judgeShopt } from "./shell-options.js";
import { judgeTestBuiltin } from "./test-builtin.js";

/** Builtins that no setting allows, with the rest of the sentence `"name" is not allowed: …`. */
export const NEVER_ALLOWED_BUILTINS: ReadonlyMap<string, string> = new Map([
  ["eval", "it runs text as code. Write the command directly."],
  ["source", "it runs a file that was not judged. Write its commands directly."],
  [".", "it runs a file that was not judged. Write its commands directly."],
  ["builtin", "it hides which command runs. Write the command directly."],
  ["trap", "it runs text as code later. Clean up at the end of the command instead."],
  ["alias", "it changes what names mean. Define a function instead."],
  ["unalias", "aliases are not available."],
  ["enable", "it replaces builtins, and can load code."],
  ["hash", "it changes which program a name runs."],
  ["complete", "it registers code to run later."],
  ["compgen", "it expands text as code."],
  ["compopt", "completion is not available."],
  ["bind", "it registers code to run later."],
  ["fc", "it runs commands of the history."],
  ["history", "the history is not available."],
  ["suspend", "nothing could resume the shell."],
]);

/** A builtin that starts no program and evaluates no text, whatever its arguments. */
const harmless: CommandJudge = () => undefined;

/**
 * Builtins that need no place in ALLOWED_COMMANDS (unless it is their name that FORBIDDEN_PATTERNS forbids), each with the judge of its arguments.
 * `echo` is not among them: it is a command of the list, so that a list can leave it out.
 */
export const BUILTIN_JUDGES: ReadonlyMap<string, CommandJudge> = new Map<string, CommandJudge>([
  // Do nothing, or end something.
  [":", harmless],
  ["true", harmless],
  ["false", harmless],
  ["exit", harmless],
  ["return", harmless],
  ["break", harmless],
  ["continue", harmless],
  ["shift", harmless],
  // Where the shell is.
  ["cd", harmless],
  ["pwd", harmless],
  ["pushd", harmless],
  ["popd", harmless],
  ["dirs", harmless],
  // Processes of this shell: signals reach only what runs in the sandbox anyway.
  ["kill", harmless],
  ["jobs", harmless],
  ["disown", harmless],
  ["times", harmless],
  ["umask", harmless],
  // Lookups: they print what a name means and run nothing.
  ["type", harmless],
  ["command", judgeCommandBuiltin],
  // Evaluate an operand as a name, an expression or a format: judged each by its form.
  ["printf", judgePrintf],
  ["test", judgeTestBuiltin],
  ["[", judgeTestBuiltin],
  ["let", judgeLet],
  ["read", judgeRead],
  ["mapfile", judgeMapfile],
  ["readarray", judgeMapfile],
  ["unset", judgeUnset],
  ["wait", judgeWait],
  ["declare", judgeDeclaration],
  ["typeset", judgeDeclaration],
  ["local", judgeDeclaration],
  ["export", judgeDeclaration],
  ["readonly", judgeDeclaration],
  ["set", judgeSet],
  ["shopt", judgeShopt],
  ["exec", judgeExec],
]);
