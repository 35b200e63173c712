import type { Word } from "unbash";
import { reject } from "../decision.js";
import type { CommandCall, Judge } from "../judge/judge.js";
import { textsFlowingInto } from "../tree/flow.js";
import { PLACEHOLDER, wordText } from "../tree/word-text.js";
import type { ProgramFault } from "./delimited.js";

/** An awk or sed program given as an argument, before its values are filled in. */
export interface ProgramWord {
  /** The program, with {@link PLACEHOLDER} for each value. */
  readonly text: string;
  /** The texts of this command that may become its values, placeholders taken out. */
  readonly values: readonly string[];
}

/**
 * Reads a program from an argument. Values may stand in it, but it must not be all value. What this command itself puts into
 * them is in `values`; other values are data that nobody sees here.
 */
export function programWord(word: Word, call: CommandCall, judge: Judge): ProgramWord {
  const { text, inexact, splits, expansions } = wordText(word);
  if (inexact) rejectProgram(call, "put it in single quotes");
  if (expansions.length > 0 && text.length === expansions.length) {
    rejectProgram(call, "write it out, in single quotes");
  }
  const values = textsFlowingInto(word, judge.facts).map((value) =>
    value.replaceAll(PLACEHOLDER, ""),
  );
  if (splits && values.some((value) => /\s/.test(value))) {
    rejectProgram(call, "put the values in it in double quotes");
  }
  return { text, values };
}

/** Ends the walk when a program was found to run commands or cannot be followed. */
export function rejectFault(fault: ProgramFault | undefined, call: CommandCall): void {
  if (fault !== undefined) rejectProgram(call, fault.why);
}

/** Ends the walk: the program of this call cannot be allowed. */
export function rejectProgram(call: CommandCall, why: string): never {
  return reject(
    "program-not-judged",
    `The program of "${call.name}" is not allowed: ${why}.`,
    call.text,
  );
}
