import type { CommandJudge } from "../judge/judge.js";
import { judgeAwk } from "./awk.js";
import { judgeBash } from "./bash.js";
import { judgeFind } from "./find.js";
import { judgeSed } from "./sed.js";
import { judgeSort, judgeSplit } from "./sort.js";
import { judgeEnv, judgeWrapper, WRAPPERS } from "./wrappers.js";

/**
 * Programs whose arguments can run other commands, with the judge of their arguments. They need to be allowed as any program
 * does; all others may have any arguments once their name is allowed.
 */
export const PROGRAM_JUDGES: ReadonlyMap<string, CommandJudge> = new Map<string, CommandJudge>([
  ["find", judgeFind],
  ["sort", judgeSort],
  ["split", judgeSplit],
  ["sed", judgeSed],
  ["awk", judgeAwk],
  ["gawk", judgeAwk],
  ["mawk", judgeAwk],
  ["nawk", judgeAwk],
  ["bash", judgeBash],
  ["env", judgeEnv],
  ...[...WRAPPERS.keys()].map((name): [string, CommandJudge] => [name, judgeWrapper]),
]);
