import type { Word } from "unbash";
import type { CommandCall, CommandJudge } from "../judge/judge.js";
import { checkVariable, IDENTIFIER } from "../judge/variables.js";
import { wordText } from "../tree/word-text.js";
import { isOneWord, mustBeLiteral, rejectOption, wordsOf } from "./options.js";

/** How to find the command that a wrapper runs. What is not listed is refused, so that no option hides a command. */
interface WrapperForm {
  /** Options without a value, with an attached value included. */
  readonly flags: RegExp;
  /** Options whose value is the next word. */
  readonly valued: RegExp;
  /** Words between the options and the command, such as the duration of `timeout`. */
  readonly operands: number;
  /** The wrapper appends arguments from its input. */
  readonly appends?: boolean;
}

const NEVER = /^(?!)/;

/** Programs that run the command in their arguments, except `env`, which takes assignments as well. */
export const WRAPPERS: ReadonlyMap<string, WrapperForm> = new Map<string, WrapperForm>([
  ["nohup", { flags: NEVER, valued: NEVER, operands: 0 }],
  ["setsid", { flags: /^(?:-[cfw]+|--ctty|--fork|--wait)$/, valued: NEVER, operands: 0 }],
  ["nice", { flags: /^(?:-n?-?\d+|--adjustment=-?\d+)$/, valued: /^-n$/, operands: 0 }],
  ["ionice", { flags: /^-[cn]\d$|^-t$/, valued: /^-[cn]$/, operands: 0 }],
  [
    "stdbuf",
    { flags: /^-[ioe]\w+$|^--(?:input|output|error)=\w+$/, valued: /^-[ioe]$/, operands: 0 },
  ],
  ["time", { flags: /^-[pv]$/, valued: /^-[of]$/, operands: 0 }],
  [
    "timeout",
    {
      flags:
        /^(?:-v|--foreground|--preserve-status|--verbose|-[ks]\w+|--(?:signal|kill-after)=\w+)$/,
      valued: /^-[ks]$/,
      operands: 1,
    },
  ],
  [
    "xargs",
    {
      flags:
        /^(?:-[0rtx]+|-[nLPs]\d+|-I\S+|-d.+|--null|--no-run-if-empty|--verbose|--exit|--(?:max-args|max-procs|max-lines|max-chars)=\d+|--(?:delimiter|arg-file)=.+)$/s,
      valued: /^-[nLPsIdEa]$/,
      operands: 0,
      appends: true,
    },
  ],
]);

/** A wrapper: its options must be written out and known, and the command it runs is judged like any other. */
export const judgeWrapper: CommandJudge = (call, judge) => {
  const form = WRAPPERS.get(call.name);
  if (form === undefined) return;
  const words = wordsOf(call.args);
  const start = skipOptions(words, form, call) + form.operands;
  for (const word of words.slice(0, start)) mustBeLiteral(word, call);
  judge.wrapped(words.slice(start), { appended: form.appends === true });
};

/** `env`: its assignments are checked like the shell's own, `-S` (a command in one word) is refused. */
export const judgeEnv: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  const form: WrapperForm = {
    flags: /^(?:-|-i|-0|--ignore-environment|--null|--unset=\w+)$/,
    valued: /^-u$/,
    operands: 0,
  };
  const rest = words.slice(skipOptions(words, form, call));
  const assignments = rest.findIndex((word) => !isAssignment(word, call));
  judge.wrapped(assignments < 0 ? [] : rest.slice(assignments), { appended: false });
};

/** The index of the first word that is not an option of the wrapper. */
function skipOptions(words: readonly Word[], form: WrapperForm, call: CommandCall): number {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    if (!wordText(word).text.startsWith("-") && isOneWord(word)) break;
    const text = mustBeLiteral(word, call);
    if (text === "--") return at + 1;
    if (form.valued.test(text)) {
      const value = words[++at];
      if (value !== undefined) mustBeLiteral(value, call);
    } else if (!form.flags.test(text)) {
      rejectOption(call, text, "this option is not supported.");
    }
  }
  return at;
}

function isAssignment(word: Word, call: CommandCall): boolean {
  const { text } = wordText(word);
  const name = text.slice(0, Math.max(0, text.indexOf("=")));
  if (!IDENTIFIER.test(name)) return false;
  if (!isOneWord(word)) mustBeLiteral(word, call);
  checkVariable(name, call.text);
  return true;
}
