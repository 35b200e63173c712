import type { ParameterExpansionPart, ParameterOperation, Word, WordPart } from "unbash";
import { reject } from "../decision.js";
import { checkVariable } from "./variables.js";
import type { Judge } from "./judge.js";

/** Where a word stands, as far as it changes what its parts mean. */
export interface WordContext {
  /** Patterns such as `@(a|b)` are read as patterns here, as between `[[` and `]]`; elsewhere bash refuses them. */
  readonly extendedGlobs: boolean;
}

const ORDINARY: WordContext = { extendedGlobs: false };
const PATTERN: WordContext = { extendedGlobs: true };

/** Text that starts a substitution when it is read as code, backslashes taken out. */
export const SUBSTITUTION = /\$[({[]|`|[<>]\(/;

/** What a word without parts cannot hold unescaped, unless the parser gave up on it. */
const UNRESOLVED = /['"`]|\$[\w({[@*#?$!-]|[<>]\(/;

/** Transformations of `${x@…}` that only quote or change case. `P` expands its value as a prompt, which runs substitutions. */
const HARMLESS_TRANSFORMS = /^[UuLQEAKak]$/;

/** Judges everything that expanding a word runs. */
export function judgeWord(word: Word, judge: Judge, context: WordContext = ORDINARY): void {
  if (word.parts !== undefined) judgeParts(word.parts, judge, context);
  else checkContinuation(word.text);
  if (word.parts === undefined && UNRESOLVED.test(word.text.replace(/\\[^]/g, ""))) {
    // Past its nesting budget the parser leaves a word without parts.
    reject(
      "too-complex",
      "The command is nested too deeply. Split it into several commands.",
      word.text,
    );
  }
}

/** {@link judgeWord} for a word of a `[[ … ]]` command. */
export function judgePattern(word: Word, judge: Judge): void {
  judgeWord(word, judge, PATTERN);
}

/** {@link judgeWord} for parts that stand alone, as those of a here-document. */
export function judgeParts(
  parts: readonly WordPart[],
  judge: Judge,
  context: WordContext = ORDINARY,
): void {
  parts.forEach((part, at) => {
    const next = parts[at + 1];
    if (
      part.type === "SimpleExpansion" &&
      next?.type === "Literal" &&
      /^(?:\\\n)+\w/.test(next.text)
    ) {
      checkContinuation(part.text + next.text);
    }
    judgePart(part, judge, context);
  });
}

function judgePart(part: WordPart, judge: Judge, context: WordContext): void {
  switch (part.type) {
    case "Literal":
      checkContinuation(part.text);
      return;
    case "SingleQuoted":
    case "AnsiCQuoted":
    case "SimpleExpansion":
      return;
    case "DoubleQuoted":
      judgeParts(part.parts, judge, context);
      return;
    case "Glob":
    case "BraceExpansion":
      if (part.parts !== undefined) judgeParts(part.parts, judge, context);
      return;
    case "ExtendedGlob":
      if (!context.extendedGlobs) {
        reject(
          "unsupported-syntax",
          "Patterns such as @(a|b) are not supported here. Use several patterns, or grep -E.",
          part.text,
        );
      }
      if (part.parts !== undefined) judgeParts(part.parts, judge, context);
      return;
    case "LocaleString":
      reject(
        "unsupported-syntax",
        'Translated strings ($"…") are not supported. Use "…".',
        part.text,
      );
    // eslint-disable-next-line no-fallthrough -- reject never returns
    case "ParameterExpansion":
      judgeParameter(part, judge);
      return;
    case "CommandExpansion":
    case "ProcessSubstitution": {
      const { script } = part;
      if (script === undefined) {
        return reject("syntax-error", "The substitution cannot be parsed.", part.text);
      }
      judge.functions.within(() => judge.script(script));
      return;
    }
    case "ArithmeticExpansion":
      if (part.expression === undefined && !/^\$(?:\(\(\s*\)\)|\[\s*\])$/.test(part.text)) {
        reject("syntax-error", "The arithmetic expression cannot be parsed.", part.text);
      }
      judge.arithmetic(part.expression);
      return;
    default:
      rejectUnknown(part);
  }
}

/**
 * Bash joins a continued line before it reads the name after `$`; the parser ends the name there, or takes the `$` for text.
 * So a line may not end within an expansion.
 */
export function checkContinuation(text: string): void {
  if (/\$\w*\\\n/.test(text)) {
    reject(
      "unsupported-syntax",
      "A line must not end within an expansion: put a space before the backslash.",
      text,
    );
  }
}

function judgeParameter(part: ParameterExpansionPart, judge: Judge): void {
  const { operation, index } = part;
  if (part.prefix === "!" && operation?.type !== "Names" && !/^[@*]$/.test(index?.text ?? "")) {
    reject(
      "indirect-evaluation",
      "Indirect expansion evaluates the value of a variable as a name. Use an associative array or a case.",
      part.text,
    );
  }
  if (index !== undefined && !/^[@*]$/.test(index.text)) judge.evaluated(index);
  if (operation !== undefined) judgeOperation(operation, part, judge);
}

function judgeOperation(
  operation: ParameterOperation,
  part: ParameterExpansionPart,
  judge: Judge,
): void {
  switch (operation.type) {
    case "Default":
      if (operation.operator.endsWith("=")) checkVariable(part.parameter, part.text);
      judgeOperand(operation.operand, judge);
      return;
    case "Remove":
      judgeOperand(operation.operand, judge);
      return;
    case "Replace":
      judgeOperand(operation.pattern, judge);
      judgeOperand(operation.replacement, judge);
      return;
    case "CaseModification":
      if (operation.operand !== undefined) judgeOperand(operation.operand, judge);
      return;
    case "Slice":
      judge.evaluated(operation.offset);
      if (operation.length !== undefined) judge.evaluated(operation.length);
      return;
    case "Transform":
      if (!HARMLESS_TRANSFORMS.test(operation.operand.text)) {
        reject(
          "indirect-evaluation",
          "This transformation may expand the value as code.",
          part.text,
        );
      }
      return;
    case "Names":
      return;
    case "Unknown":
      return reject("syntax-error", "The parameter expansion cannot be parsed.", part.text);
    default:
      rejectUnknown(operation);
  }
}

/**
 * A word inside `${…}`. Whether single quotes quote there depends on what is around the braces (in a here-document they do
 * not), so quoted text that would be a substitution without its quotes is refused wherever it stands.
 */
function judgeOperand(word: Word, judge: Judge): void {
  for (const part of word.parts ?? []) {
    if (
      (part.type === "SingleQuoted" || part.type === "AnsiCQuoted") &&
      /[$`]/.test(part.text.replace(/^\$/, ""))
    ) {
      reject(
        "indirect-evaluation",
        "Quoted code inside ${…} may run all the same. Put the text into a variable first.",
        word.text,
      );
    }
  }
  judgeWord(word, judge, PATTERN);
}

/** For the default of a switch over node types: the compiler knows it is never reached, a newer parser may not. */
export function rejectUnknown(node: never): never {
  const { type, text } = node as { type?: string; text?: string };
  return reject(
    "unsupported-syntax",
    `Syntax of the kind ${String(type)} is not judged.`,
    text ?? "",
  );
}
