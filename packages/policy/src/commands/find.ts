import type { Word } from "unbash";
import type { CommandJudge } from "../judge/judge.js";
import { mayBeOption } from "../tree/flow.js";
import { literalText } from "../tree/word-text.js";
import { mustBeLiteral, rejectOption, wordsOf } from "./options.js";

/** Tests, actions and options of find that take no argument and run, write and delete nothing. */
const ALONE: ReadonlySet<string> = new Set(
  (
    "-print -print0 -ls -prune -quit -true -false -empty -depth -d -xdev -mount -daystart -follow -noleaf -readable " +
    "-writable -executable -nouser -nogroup -warn -nowarn -ignore_readdir_race -noignore_readdir_race -not -a -and -o " +
    "-or -H -L -P -help --help -version --version ! ( ) ,"
  ).split(" "),
);

/** Those that take one argument. `-newerXY` comes in addition. */
const WITH_ARGUMENT: ReadonlySet<string> = new Set(
  (
    "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -lname -ilname -type -xtype -size -mtime " +
    "-mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -perm -user -group -uid -gid -links -inum -samefile -fstype " +
    "-used -maxdepth -mindepth -printf -D"
  ).split(" "),
);

/** Those that run, write or delete, with what to do instead. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    "-exec",
    'loop over the names instead: find … -print0 | while IFS= read -r -d "" f; do …; done.',
  ],
  ["-execdir", "loop over the names instead."],
  ["-ok", "loop over the names instead."],
  ["-okdir", "loop over the names instead."],
  ["-delete", "delete files through the files API."],
  ["-fprint", "redirect the output instead."],
  ["-fprint0", "redirect the output instead."],
  ["-fprintf", "redirect the output instead."],
  ["-fls", "redirect the output instead."],
]);

/** `find`: everything that only looks. Computed words are fine as starting points and as arguments of tests. */
export const judgeFind: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return;
    checkWord(word);
    const text = literalText(word);
    if (text === undefined) {
      // A pattern may match a file named like an action; `./*` cannot.
      if (word.parts?.[0]?.type === "Glob") mustBeLiteral(word, call);
      continue;
    }
    if (!text.startsWith("-") || ALONE.has(text) || /^-O\d$/.test(text)) continue;
    if (!WITH_ARGUMENT.has(text) && !/^-newer[aBcmt]{2}$/.test(text)) {
      rejectOption(call, text, "this test or action is not known.");
    }
    const argument = words[++at];
    if (argument !== undefined) checkWord(argument);
  }

  /** Also for arguments of tests: an argument before it that expands to nothing would make an action of it. */
  function checkWord(word: Word): void {
    const text = literalText(word);
    const why = text === undefined ? undefined : REFUSED.get(text);
    if (why !== undefined) rejectOption(call, word.text, why);
    if (text === undefined && mayBeOption(word, judge.facts)) mustBeLiteral(word, call);
  }
};
