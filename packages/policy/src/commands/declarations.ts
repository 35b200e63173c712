import { reject } from "../decision.js";
import type { CommandJudge } from "../judge/judge.js";
import { checkVariable, IDENTIFIER } from "../judge/variables.js";
import { PLACEHOLDER, wordText } from "../tree/word-text.js";
import { rejectOption } from "./options.js";

/** Attributes that only describe a variable. Left out: `n` (a reference evaluates its value as a name), `f` and `F` (functions), `t`. */
const SAFE_LETTERS = /^[-+][aAgilprux]+$/;

/** Letters that make a value in parentheses an array, whose elements are then expanded. */
const ARRAY_LETTERS = /[aA]/;

/** `declare`, `typeset`, `local`, `export`, `readonly`: plain names, harmless variables, values that are not expanded twice. */
export const judgeDeclaration: CommandJudge = (call, judge) => {
  let array = false;
  for (const arg of call.args) {
    if (arg.type === "Assignment") {
      judge.assignment(arg);
      if (arg.value.type === "Word") checkValue(wordText(arg.value).text, array, call.text);
      continue;
    }
    const { text, inexact } = wordText(arg);
    if (/^[-+]/.test(text) && text !== "--") {
      if (!SAFE_LETTERS.test(text))
        rejectOption(call, arg.text, "this attribute is not supported.");
      array ||= ARRAY_LETTERS.test(text);
      // An integer variable evaluates whatever is assigned to it.
      if (text.includes("i")) judge.evaluatesValues("arithmetic");
    } else if (text !== "--") {
      const equals = text.indexOf("=");
      const name = (equals < 0 ? text : text.slice(0, equals)).replace(/\+$/, "");
      if (!IDENTIFIER.test(name) || inexact) {
        reject(
          "assignment-not-allowed",
          "The name of a variable must be written out, without subscripts.",
          call.text,
        );
      }
      checkVariable(name, call.text);
      if (equals >= 0) checkValue(text.slice(equals + 1), array, call.text);
    }
  }
  judge.evaluatesValues("array");
};

/** A text in parentheses that is assigned to an array is expanded once more: `declare -a x='($(cmd))'` runs cmd. */
function checkValue(text: string, array: boolean, fragment: string): void {
  if (/^\s*\(/.test(text) || (array && text.includes(PLACEHOLDER))) {
    reject(
      "indirect-evaluation",
      "Declare the array first, then assign: declare -a x; x=(…).",
      fragment,
    );
  }
}
