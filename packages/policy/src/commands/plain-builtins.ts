import { reject } from "../decision.js";
import type { CommandJudge } from "../judge/judge.js";
import { mayBeOption } from "../tree/flow.js";
import { literalText, mayVanish } from "../tree/word-text.js";
import { rejectOption, wordsOf } from "./options.js";

/** `printf`: everything but `-v`, which assigns to a name whose subscript it evaluates. */
export const judgePrintf: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  for (const word of words) {
    const text = literalText(word);
    if (
      text?.startsWith("-v") === true ||
      (text === undefined && words.length > 1 && mayBeOption(word, judge.facts))
    ) {
      rejectOption(call, "-v", "assign with name=$(printf …), and write the format out.");
    }
    // The format is the first word that is certainly there; what follows is data.
    if (!mayVanish(word)) return;
  }
};

/** `let`: each argument is an arithmetic expression. */
export const judgeLet: CommandJudge = (call, judge) => {
  judge.evaluatesValues("arithmetic");
  for (const word of wordsOf(call.args)) judge.evaluated(word);
};

/** `command -v name` looks a name up; `command name …` runs a program, which is judged like any other. */
export const judgeCommandBuiltin: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  const first = words[0];
  if (first === undefined) return;
  const text = literalText(first);
  if (text === "-v" || text === "-V") return;
  if (text === undefined || text.startsWith("-")) {
    if (text !== "--") rejectOption(call, first.text, "only command -v looks a name up.");
    judge.wrapped(call.args.slice(1), { appended: false });
    return;
  }
  judge.wrapped(call.args, { appended: false });
};

/** `exec` with redirections alone opens files; with a command it replaces the shell, and the rest of the text never runs. */
export const judgeExec: CommandJudge = (call) => {
  if (call.args.length > 0) {
    reject(
      "dangerous-builtin",
      '"exec" is allowed with redirections only. Write the command directly.',
      call.text,
    );
  }
};
