import type { CommandJudge } from "../judge/judge.js";
import { reject } from "../decision.js";
import { mustBeLiteral, rejectOption, wordsOf } from "./options.js";

/** `bash -c 'text'`, when bash is allowed at all: the text is judged like a command of its own. A script file is not. */
export const judgeBash: CommandJudge = (call, judge) => {
  const words = wordsOf(call.args);
  const [option, text, ...positional] = words;
  if (option === undefined || text === undefined) {
    return reject(
      "dangerous-option",
      'Only "bash -c text" is allowed: a script from a file or stdin is not judged.',
      call.text,
    );
  }
  if (!/^-[eux]*c$/.test(mustBeLiteral(option, call))) {
    rejectOption(call, option.text, "only -c is supported, with e, u and x.");
  }
  judge.nested(mustBeLiteral(text, call));
  // Positional parameters are data to the inner text, but its flow is not followed into it.
  for (const word of positional) mustBeLiteral(word, call);
};
