import type { Redirection } from "unbash";
import { reject } from "../decision.js";
import { wordText } from "../tree/word-text.js";
import type { Judge } from "./judge.js";
import { checkVariable } from "./variables.js";
import { checkContinuation, judgeParts, rejectUnknown } from "./words.js";

/** Paths that bash itself opens as network connections. */
const NETWORK_PATH = /^\/dev\/(?:tcp|udp)(?:\/|$)/;

/** Judges where a redirection points, and what expanding its target or its here-document runs. */
export function judgeRedirection(redirection: Redirection, judge: Judge): void {
  const { descriptor } = redirection;
  if (descriptor?.type === "FileDescriptorVariable") {
    checkVariable(descriptor.name, `{${descriptor.name}}`);
  }
  switch (redirection.type) {
    case "Redirect":
    case "HereString": {
      const { target } = redirection;
      if (target === undefined) {
        return reject("syntax-error", "A redirection has no target.", redirection.operator);
      }
      judge.word(target);
      if (redirection.type === "Redirect" && NETWORK_PATH.test(wordText(target).text)) {
        reject(
          "network-redirection",
          "The sandbox has no network: upload the data instead.",
          target.text,
        );
      }
      return;
    }
    case "HereDoc": {
      const { delimiter, body, closing } = redirection;
      if (delimiter === undefined || closing === undefined) {
        return reject(
          "syntax-error",
          `The here-document is cut off: end it with a line that holds only ${delimiter?.value ?? "its delimiter"}.`,
          `${redirection.operator}${delimiter?.text ?? ""}`,
        );
      }
      if (body.parts !== undefined) judgeParts(body.parts, judge);
      else if (!delimiter.quoted) checkContinuation(body.text);
      return;
    }
    default:
      rejectUnknown(redirection);
  }
}
