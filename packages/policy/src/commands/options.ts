import type { CommandArgument, Word } from "unbash";
import { reject } from "../decision.js";
import type { CommandCall } from "../judge/judge.js";
import type { Facts } from "../tree/facts.js";
import { textsFlowingInto } from "../tree/flow.js";
import { literalText, withoutPlaceholders, wordText } from "../tree/word-text.js";

/** The arguments that are words; assignments (of `declare` and its like) left out. */
export function wordsOf(args: readonly CommandArgument[]): readonly Word[] {
  return args.filter((arg): arg is Word => arg.type === "Word");
}

/** The literal text of a word, or a rejection that says that it must be written out. */
export function mustBeLiteral(word: Word, call: CommandCall): string {
  const text = literalText(word);
  if (text === undefined) {
    return reject(
      "dangerous-option",
      `"${call.name}" needs this argument written out, not computed: it may decide what runs. Quote it, and put ./ before file names.`,
      word.text,
    );
  }
  return text;
}

/** Whether the word is certainly one word when the program sees it. */
export function isOneWord(word: Word): boolean {
  const { splits, inexact } = wordText(word);
  return !splits && !inexact;
}

/** Whether the word, or a text of this command that flows into it, matches `pattern`. */
export function mayContain(word: Word, pattern: RegExp, facts: Facts): boolean {
  return (
    pattern.test(withoutPlaceholders(wordText(word).text)) ||
    textsFlowingInto(word, facts).some((text) => pattern.test(withoutPlaceholders(text)))
  );
}

/** Ends the walk: an option of an allowed command that the policy refuses. */
export function rejectOption(call: CommandCall, option: string, why: string): never {
  return reject("dangerous-option", `"${call.name} ${option}" is not allowed: ${why}`, call.text);
}
