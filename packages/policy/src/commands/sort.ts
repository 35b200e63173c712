import type { CommandJudge } from "../judge/judge.js";
import { mayBeOption } from "../tree/flow.js";
import { literalText, wordText } from "../tree/word-text.js";
import { isOneWord, mustBeLiteral, rejectOption, wordsOf } from "./options.js";

/** A judge that refuses one long option, in every abbreviation that getopt would take for it. */
function refuseLongOption(option: string, shortest: string, why: string): CommandJudge {
  return (call, judge) => {
    for (const word of wordsOf(call.args)) {
      const text = literalText(word);
      if (text === undefined) {
        // A short option with a computed value (`-k"$n"`) stays what it is.
        const short = /^-[^-]/.test(wordText(word).text) && isOneWord(word);
        if (!short && mayBeOption(word, judge.facts)) mustBeLiteral(word, call);
        continue;
      }
      const name = text.split("=")[0] ?? "";
      if (option.startsWith(name) && name.length >= shortest.length)
        rejectOption(call, option, why);
    }
  };
}

/** `sort`: everything but a compression program for its temporary files. */
export const judgeSort = refuseLongOption("--compress-program", "--co", "it runs that program.");

/** `split`: everything but a filter for each piece. */
export const judgeSplit = refuseLongOption("--filter", "--f", "it runs that command.");
