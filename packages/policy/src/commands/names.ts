import type { Word } from "unbash";
import { reject } from "../decision.js";
import type { CommandCall, CommandJudge, Judge } from "../judge/judge.js";
import { checkVariable, IDENTIFIER } from "../judge/variables.js";
import { mayBeOption } from "../tree/flow.js";
import { literalText } from "../tree/word-text.js";
import { isOneWord, mustBeLiteral, rejectOption, wordsOf } from "./options.js";

/** Options of a builtin: letters without a value, and letters that take one, attached or as the next word. */
interface Letters {
  readonly flags: string;
  readonly valued: string;
}

const READ: Letters = { flags: "ers", valued: "adinNptu" };
const MAPFILE: Letters = { flags: "t", valued: "dnOsu" };

/** `read`: the names it assigns to must be plain, for it evaluates subscripts. */
export const judgeRead: CommandJudge = (call, judge) => {
  const options = readOptions(call, READ, judge);
  const array = options.values.get("a");
  for (const name of array === undefined ? options.rest : [array, ...options.rest]) {
    checkName(name, call);
  }
};

/** `mapfile` and `readarray`: no callback (`-C`), and a plain name. */
export const judgeMapfile: CommandJudge = (call, judge) => {
  const options = readOptions(call, MAPFILE, judge);
  const origin = options.values.get("O");
  if (origin !== undefined && !/^\d+$/.test(nameText(origin, call))) {
    rejectOption(call, "-O", "its operand must be a number.");
  }
  for (const name of options.rest) checkName(name, call);
};

/** `unset`: plain names, not those of functions, which would uncover what the function hides. */
export const judgeUnset: CommandJudge = (call, judge) => {
  for (const word of wordsOf(call.args)) {
    const text = mustBeLiteral(word, call);
    if (text === "-v" || text === "--") continue;
    if (!IDENTIFIER.test(text))
      rejectOption(call, text, "name variables plainly; -f and -n are not supported.");
    checkVariable(text, call.text);
    if (judge.facts.functions.has(text)) rejectOption(call, text, "a function must stay defined.");
  }
};

/** `wait`: everything but `-p`, which assigns to a name whose subscript it evaluates. */
export const judgeWait: CommandJudge = (call, judge) => {
  for (const word of wordsOf(call.args)) {
    const text = literalText(word);
    if (
      text === undefined
        ? mayBeOption(word, judge.facts)
        : text.startsWith("-") && !/^-[nf]+$/.test(text)
    ) {
      rejectOption(call, word.text, "wait for process ids or jobs.");
    }
  }
};

/** Reads the options of a builtin as getopt does; the names after them are `rest`. */
function readOptions(
  call: CommandCall,
  letters: Letters,
  judge: Judge,
): { values: ReadonlyMap<string, Word | string>; rest: readonly Word[] } {
  const words = wordsOf(call.args);
  const values = new Map<string, Word | string>();
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const text = literalText(word);
    if (text === undefined && mayBeOption(word, judge.facts)) mustBeLiteral(word, call);
    if (text === undefined || !text.startsWith("-") || text === "-") break;
    if (text === "--") {
      at++;
      break;
    }
    for (let i = 1; i < text.length; i++) {
      const letter = text.charAt(i);
      if (letters.flags.includes(letter)) continue;
      if (!letters.valued.includes(letter))
        rejectOption(call, `-${letter}`, "this option is not supported.");
      const attached = text.slice(i + 1);
      const value = attached === "" ? words[++at] : attached;
      // A value that expands to nothing would make the next word the value, and the one after it a name.
      if (typeof value === "object" && !isOneWord(value)) mustBeLiteral(value, call);
      if (value !== undefined) values.set(letter, value);
      break;
    }
  }
  return { values, rest: words.slice(at) };
}

function nameText(name: Word | string, call: CommandCall): string {
  return typeof name === "string" ? name : mustBeLiteral(name, call);
}

function checkName(name: Word | string, call: CommandCall): void {
  const text = nameText(name, call);
  if (!IDENTIFIER.test(text)) {
    reject(
      "indirect-evaluation",
      `"${call.name}" needs plain variable names, without subscripts.`,
      call.text,
    );
  }
  checkVariable(text, call.text);
}
