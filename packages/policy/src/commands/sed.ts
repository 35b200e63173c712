import type { Word } from "unbash";
import type { CommandJudge } from "../judge/judge.js";
import { mayBeOption } from "../tree/flow.js";
import { literalText, withoutPlaceholders, wordText } from "../tree/word-text.js";
import { mustBeLiteral, rejectOption, wordsOf } from "./options.js";
import { programWord, rejectFault, rejectProgram, type ProgramWord } from "./program-words.js";
import { judgeSedScript } from "./sed-script.js";

/** Letters without a value, in any bundle; `i` takes the rest of its word as a suffix, `e` the rest or the next word. */
const BUNDLE = /^-([nErsuz]*)(?:i(.*)|e(.*)|l(\d*))?$/s;

/** Long options that take no script and run nothing. Abbreviations are refused with the unknown ones. */
const LONG =
  /^--(?:quiet|silent|regexp-extended|in-place(?:=.*)?|separate|unbuffered|null-data|posix|sandbox|debug|line-length=\d+|help|version)$/;

/** `sed`: the script must be in the command, and must neither run commands nor write files by itself. */
export const judgeSed: CommandJudge = (call, judge) => {
  const scripts: ProgramWord[] = [];
  const operands: Word[] = [];
  const words = wordsOf(call.args);
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = wordText(word);
    if (!text.startsWith("-") || text === "-") {
      // GNU sed takes options after operands too.
      if (literalText(word) === undefined && mayBeOption(word, judge.facts)) {
        mustBeLiteral(word, call);
      }
      operands.push(word);
      continue;
    }
    if (text === "--") {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (text.startsWith("--expression=")) {
      scripts.push(attached("--expression=".length, word));
      continue;
    }
    if (LONG.test(text)) continue;
    const bundle = BUNDLE.exec(text);
    if (bundle === null)
      rejectOption(call, text, "give the script as an argument; this option is not supported.");
    if (bundle[3] === undefined) continue;
    if (bundle[3] !== "") scripts.push(attached(text.length - bundle[3].length, word));
    else {
      const next = words[++at];
      if (next !== undefined) scripts.push(programWord(next, call, judge));
    }
  }
  const [first] = operands;
  if (scripts.length === 0 && first !== undefined) scripts.push(programWord(first, call, judge));
  const script = scripts.map(({ text: part }) => part).join("\n");
  const values = scripts.flatMap((part) => part.values);
  if (!values.every((value) => isPlainValue(value, script))) {
    rejectProgram(call, "a value in it holds characters that mean something to sed: write it out");
  }
  const numeric = values.every((value) => /^(?:\d*|\$)$/.test(value));
  rejectFault(judgeSedScript(script, { addressValues: numeric }), call);

  function attached(prefix: number, word: Word): ProgramWord {
    const { text, values: flowing } = programWord(word, call, judge);
    if (withoutPlaceholders(text).length === prefix)
      rejectProgram(call, "write it out, in single quotes");
    return { text: text.slice(prefix), values: flowing };
  }
};

/** Whether a value can only be text: letters, digits, and punctuation that the script does not use itself, as a delimiter or else. */
function isPlainValue(value: string, script: string): boolean {
  return (
    /^[\w .,:%+=@#~^/-]*$/.test(value) &&
    Array.from(value).every((char) => /[\w .-]/.test(char) || !script.includes(char))
  );
}
