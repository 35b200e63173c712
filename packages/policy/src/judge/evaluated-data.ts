import type { Word } from "unbash";
import { reject } from "../decision.js";
import type { Facts } from "../tree/facts.js";
import type { Evaluation } from "./judge.js";
import { SUBSTITUTION } from "./words.js";

/** Data that runs a command when `declare` assigns it to an array. */
const COMPOUND_CODE = /^\s*\([^]*(?:\$[({[]|`|[<>]\()/;

/** The tokens of {@link isEvaluatedCode}: a subscript opens, a bracket closes, a substitution starts. */
const SUBSCRIPT_TOKENS = /\w\[|\]|\$[({[]|`|[<>]\(/g;

/** Whether text runs a command when it is evaluated as arithmetic: a subscript with a substitution in it. One pass. */
function isEvaluatedCode(text: string): boolean {
  if (!text.includes("[")) return false;
  let depth = 0;
  for (const [token] of text.matchAll(SUBSCRIPT_TOKENS)) {
    if (token === "]") depth = Math.max(0, depth - 1);
    else if (/^\w\[$/.test(token)) depth++;
    else if (depth > 0) return true;
  }
  return false;
}

/**
 * Refuses data, anywhere in the command, that would run as code because the command evaluates values in the ways of
 * `evaluations`. Data that is put together from smaller pieces, or read from a file, is beyond what a text can tell.
 */
export function checkEvaluatedData(facts: Facts, evaluations: ReadonlySet<Evaluation>): void {
  const arithmetic = evaluations.has("arithmetic");
  if (evaluations.size === 0) return;
  const piece =
    facts
      .texts()
      .map(withoutBackslashes)
      .find(
        (text) =>
          (arithmetic && isEvaluatedCode(text)) ||
          (evaluations.has("array") && COMPOUND_CODE.test(text)),
      ) ?? (arithmetic ? assignedSubstitution(facts) : undefined);
  if (piece !== undefined) {
    reject(
      "indirect-evaluation",
      "Arithmetic and subscripts evaluate the values of variables, and this text would then run as code. Keep such text in a file.",
      piece,
    );
  }
}

/** A substitution as the literal value of a variable: half of what {@link isEvaluatedCode} looks for, the other half may be added later. */
function assignedSubstitution(facts: Facts): string | undefined {
  for (const words of facts.values.values()) {
    const word = words.find(
      (value) =>
        value.parts !== undefined && SUBSTITUTION.test(withoutBackslashes(quotedText(value))),
    );
    if (word !== undefined) return word.text;
  }
  return undefined;
}

/** The single-quoted text of a word: where a substitution can stand without running. */
function quotedText(word: Word): string {
  return (word.parts ?? [])
    .map((part) => (part.type === "SingleQuoted" || part.type === "AnsiCQuoted" ? part.value : ""))
    .join("");
}

/** `read` without -r takes backslashes out, and so does reading text as code. */
function withoutBackslashes(text: string): string {
  return text.replace(/\\\n?/g, "");
}
