import type { Assignment, Word } from "unbash";
import { reject } from "../decision.js";
import type { Judge } from "./judge.js";
import { checkVariable } from "./variables.js";

/** Judges `name=value`, `name[index]=value` and `name=(…)`: the name, and everything that expanding the rest runs. */
export function judgeAssignment(assignment: Assignment, judge: Judge): void {
  checkVariable(assignment.name, assignment.text);
  judgeAssignedValue(assignment, judge);
}

/** {@link judgeAssignment} without the name. */
export function judgeAssignedValue(assignment: Assignment, judge: Judge): void {
  const { index, value } = assignment;
  if (index !== undefined) judge.evaluated(index);
  if (value.type === "Word") judge.word(value);
  else for (const element of value.elements) judgeElement(element, judge);
}

/** An element `[key]=value`: for an indexed array the key is evaluated as arithmetic, its quotes gone. */
function judgeElement(element: Word, judge: Judge): void {
  judge.word(element);
  if (!element.text.startsWith("[")) return;
  judge.evaluatesValues("arithmetic");
  for (const part of element.parts ?? []) {
    if (part.type === "Literal" && part.text.includes("]=")) return;
    if (
      (part.type === "SingleQuoted" || part.type === "AnsiCQuoted" || part.type === "Literal") &&
      /[$`]|[<>]\(/.test(part.value)
    ) {
      reject("indirect-evaluation", "Quotes do not stop code inside a subscript.", element.text);
    }
  }
}
