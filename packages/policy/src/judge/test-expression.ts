import type { TestExpression, Word } from "unbash";
import { reject } from "../decision.js";
import { literalText } from "../tree/word-text.js";
import type { Judge } from "./judge.js";
import { IDENTIFIER } from "./variables.js";
import { judgePattern, rejectUnknown } from "./words.js";

/** Operators of `[[ ]]` that evaluate both sides as arithmetic. */
const ARITHMETIC_OPERATORS: ReadonlySet<string> = new Set([
  "-eq",
  "-ne",
  "-lt",
  "-le",
  "-gt",
  "-ge",
]);

/** Judges the inside of `[[ … ]]`. */
export function judgeTest(expression: TestExpression, judge: Judge): void {
  switch (expression.type) {
    case "TestUnary":
      judgePattern(expression.operand, judge);
      if (expression.operator === "-v" || expression.operator === "-R") {
        checkTestedName(expression.operand);
      }
      return;
    case "TestBinary":
      judgePattern(expression.left, judge);
      judgePattern(expression.right, judge);
      if (ARITHMETIC_OPERATORS.has(expression.operator)) {
        judge.evaluated(expression.left);
        judge.evaluated(expression.right);
      }
      return;
    case "TestLogical":
      expression.operands.forEach((operand) => judgeTest(operand, judge));
      return;
    case "TestNot":
      judgeTest(expression.operand, judge);
      return;
    case "TestGroup":
      judgeTest(expression.expression, judge);
      return;
    default:
      rejectUnknown(expression);
  }
}

/** `-v` evaluates the subscript of the name it is given, so the name must be plain. */
export function checkTestedName(word: Word | undefined): void {
  const name = word === undefined ? undefined : literalText(word);
  if (name === undefined || !IDENTIFIER.test(name)) {
    reject(
      "indirect-evaluation",
      "-v evaluates its operand. Write the plain name of a variable, or test for an empty value with -z.",
      word?.text ?? "-v",
    );
  }
}
