import type { CommandJudge } from "../judge/judge.js";
import { mustBeLiteral, rejectOption, wordsOf } from "./options.js";

/** Letters of `set` that change how errors and output are treated, not how the text is read. `k` would make arguments assignments. */
const SAFE_LETTERS = /^[-+][abCefhmuvx]+$/;

/** Letters that take the name of an option as the next word. */
const NAMED_LETTERS = /^[-+][abCefhmuvx]*o$/;

/** Names for `set -o`. Left out among others: posix and history, which change how the text is read. */
const SAFE_NAMES: ReadonlySet<string> = new Set([
  "allexport",
  "errexit",
  "errtrace",
  "noclobber",
  "noglob",
  "nounset",
  "pipefail",
  "verbose",
  "xtrace",
]);

/** Options of `shopt` that change matching and pipelines. extglob and expand_aliases change how the text is read. */
const SAFE_SHELL_OPTIONS: ReadonlySet<string> = new Set([
  "dotglob",
  "failglob",
  "globstar",
  "inherit_errexit",
  "lastpipe",
  "nocaseglob",
  "nocasematch",
  "nullglob",
]);

/** `set`: options that cannot change what runs; everything after `--` is data. */
export const judgeSet: CommandJudge = (call) => {
  const words = wordsOf(call.args);
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return;
    const text = mustBeLiteral(word, call);
    if (text === "--" || text === "-" || !/^[-+]/.test(text)) return;
    if (NAMED_LETTERS.test(text)) {
      const name = words[++at];
      if (name === undefined) return;
      if (!SAFE_NAMES.has(mustBeLiteral(name, call))) {
        rejectOption(call, `${text} ${name.text}`, "this option changes how commands are read.");
      }
    } else if (!SAFE_LETTERS.test(text)) {
      rejectOption(call, text, "this option is not supported.");
    }
  }
};

/** `shopt`: options that change matching only. */
export const judgeShopt: CommandJudge = (call) => {
  for (const word of wordsOf(call.args)) {
    const text = mustBeLiteral(word, call);
    if (!/^-[supq]+$/.test(text) && !SAFE_SHELL_OPTIONS.has(text)) {
      rejectOption(call, text, "this option changes how commands are read.");
    }
  }
};
