import type { CommandJudge } from "../judge/judge.js";
import { checkTestedName } from "../judge/test-expression.js";
import { reject } from "../decision.js";
import { mayBeOption } from "../tree/flow.js";
import { literalText } from "../tree/word-text.js";
import { mayContain, wordsOf } from "./options.js";

/** `test` and `[`: everything but `-v` and `-R` of something else than a plain name, whose subscript they evaluate. */
export const judgeTestBuiltin: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  words.forEach((word, at) => {
    const text = literalText(word);
    if (text === "-v" || text === "-R") {
      // `[ -v ]` and `[ x = -v ]` compare the text itself.
      const next = words[at + 1];
      if (next !== undefined && literalText(next) !== "]") checkTestedName(next);
    } else if (text === undefined && mayContain(word, /(?:^|\s)-[vR](?:\s|$)/, judge.facts)) {
      reject("indirect-evaluation", "The operator of a test must be written out.", call.text);
    } else if (text === undefined && mayBeOption(word, judge.facts)) {
      // Put together from pieces it could still be -v.
      judge.evaluatesValues("arithmetic");
    }
  });
};
