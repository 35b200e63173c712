import type { ArithmeticExpression, ArithmeticWord, Word, WordPart } from "unbash";
import { reject } from "../decision.js";
import { withoutPlaceholders, wordText } from "../tree/word-text.js";
import { checkVariable, IDENTIFIER } from "./variables.js";
import type { Judge } from "./judge.js";
import { judgeParts, rejectUnknown } from "./words.js";

/** Operators that assign to their left side (`++` and `--` to their operand). */
const ASSIGNMENT_OPERATORS = /^(?:[-+*/%&|^]|<<|>>)?=$/;

/** Judges an arithmetic expression: the substitutions in it, the variables it sets, quotes that do not quote in arithmetic. */
export function judgeArithmetic(expression: ArithmeticExpression, judge: Judge): void {
  switch (expression.type) {
    case "ArithmeticBinary":
      if (ASSIGNMENT_OPERATORS.test(expression.operator)) checkTarget(expression.left);
      judgeArithmetic(expression.left, judge);
      judgeArithmetic(expression.right, judge);
      return;
    case "ArithmeticUnary":
      if (expression.operator === "++" || expression.operator === "--")
        checkTarget(expression.operand);
      judgeArithmetic(expression.operand, judge);
      return;
    case "ArithmeticTernary":
      judgeArithmetic(expression.test, judge);
      judgeArithmetic(expression.consequent, judge);
      judgeArithmetic(expression.alternate, judge);
      return;
    case "ArithmeticGroup":
      judgeArithmetic(expression.expression, judge);
      return;
    case "ArithmeticWord":
      judgeArithmeticWord(expression, judge);
      return;
    case "ArithmeticCommandExpansion": {
      const { script } = expression;
      if (script === undefined) {
        return reject("syntax-error", "The substitution cannot be parsed.", expression.text);
      }
      judge.functions.within(() => judge.script(script));
      return;
    }
    default:
      rejectUnknown(expression);
  }
}

/**
 * Judges a word whose value is evaluated as arithmetic: a subscript, an offset, an operand of `-eq` in `[[ ]]`, an argument of
 * `let`. Its quotes are gone when it is evaluated, so that quoted substitutions run.
 */
export function judgeEvaluated(word: Word, judge: Judge): void {
  const { text } = wordText(word);
  if (/[$`]|[<>]\(/.test(withoutPlaceholders(text))) rejectQuotedCode(word.text);
  if (word.parts !== undefined) judgeParts(word.parts, judge);
  if (!/^-?\d*$/.test(text)) judge.evaluatesValues("arithmetic");
}

function judgeArithmeticWord(word: ArithmeticWord, judge: Judge): void {
  if (word.parts === undefined) {
    // The parser leaves a variable alone (`$x`, `$1`) without parts.
    if (!/^\$\w+$/.test(word.value) && /['"\\`$]/.test(word.value)) rejectQuotedCode(word.value);
  } else {
    checkQuotes(word.parts, word.value);
    judgeParts(word.parts, judge);
  }
  if (!/^\d*$/.test(word.value)) judge.evaluatesValues("arithmetic");
}

/** `$((…))` is expanded like the inside of double quotes: a single quote in it is a character, and quotes nothing. */
function checkQuotes(parts: readonly WordPart[], text: string): void {
  for (const part of parts) {
    if (part.type === "SingleQuoted" || part.type === "AnsiCQuoted") {
      if (/[`$\\]/.test(part.text.replace(/^\$/, ""))) rejectQuotedCode(text);
    } else if (part.type === "Literal" && /[\\`$]/.test(part.text)) rejectQuotedCode(text);
    else if (part.type === "DoubleQuoted") checkQuotes(part.parts, text);
  }
}

function checkTarget(target: ArithmeticExpression): void {
  if (target.type !== "ArithmeticWord") return;
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(target.value)?.[0];
  if (name !== undefined && IDENTIFIER.test(name)) checkVariable(name, target.value);
}

function rejectQuotedCode(fragment: string): never {
  return reject(
    "indirect-evaluation",
    "Quotes do not stop code inside an arithmetic expression or a subscript. Use plain numbers and variable names there.",
    fragment,
  );
}
