import type { Word } from "unbash";
import type { CommandCall, CommandJudge, Judge } from "../judge/judge.js";
import { mayBeOption, textsFlowingInto } from "../tree/flow.js";
import { literalText, mayVanish, withoutPlaceholders, wordText } from "../tree/word-text.js";
import { judgeAwkProgram } from "./awk-program.js";
import { rejectOption, wordsOf } from "./options.js";
import { programWord, rejectFault, rejectProgram } from "./program-words.js";

/** Options of awk that take a value and set a separator or a variable. Others load programs or extensions, or are not known. */
const VALUED = /^-[Fv]/;

/** What a program may take from a variable: nothing that could open a string, a regular expression, a comment, a pipe or a call. */
const PLAIN_VALUE = /^[\w .,:%+=~^-]*$/;

/** `awk`: the program must be in the command, and must not run commands. Its values and files may be computed. */
export const judgeAwk: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  const program = programAfterOptions(words, call, judge);
  if (program !== undefined) judgeProgram(program, call, judge);
};

/** The first word that is not an option or the value of one: the program. */
function programAfterOptions(
  words: readonly Word[],
  call: CommandCall,
  judge: Judge,
): Word | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = wordText(word);
    if (!text.startsWith("-") || text === "-") return word;
    if (text === "--") return words[at + 1];
    if (VALUED.test(text)) {
      const value = text.length === 2 ? words[++at] : word;
      if (value !== undefined) checkOneWord(value, call, judge);
      // Without its value the option would take the next word, and the one after it would be the program.
      if (text.length > 2 && withoutPlaceholders(text).length === 2) {
        rejectOption(call, text.slice(0, 2), "put a space between the option and its value.");
      }
    } else if (text !== "--version") {
      rejectOption(
        call,
        text,
        "give the program as an argument, in single quotes; of the options only -F and -v are supported.",
      );
    }
  }
  return undefined;
}

function judgeProgram(word: Word, call: CommandCall, judge: Judge): void {
  const { text, values } = programWord(word, call, judge);
  // It could turn out to be an option; the program would then be a later word.
  if (mayBeOption(word, judge.facts)) rejectProgram(call, "write it out, in single quotes");
  if (!values.every((value) => PLAIN_VALUE.test(value))) {
    rejectProgram(call, "a value in it holds more than letters and digits: pass it with -v");
  }
  rejectFault(judgeAwkProgram(text), call);
}

/** A value that splits would make a program of its second word. */
function checkOneWord(word: Word, call: CommandCall, judge: Judge): void {
  const { splits, inexact } = wordText(word);
  if (
    inexact &&
    literalText(word) === undefined &&
    (word.parts ?? []).some((part) => part.type !== "AnsiCQuoted")
  ) {
    rejectOption(call, word.text, "quote the value.");
  }
  if (mayVanish(word)) rejectOption(call, word.text, "quote the value.");
  if (splits && textsFlowingInto(word, judge.facts).some((text) => /\s/.test(text))) {
    rejectOption(call, word.text, "quote the value.");
  }
}
