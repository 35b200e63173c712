import { bounded, Rejection, type PolicyDecision } from "./decision.js";
import { judgeSource } from "./judge/tree-judge.js";
import type { PolicySettings } from "./settings.js";
import { guardText } from "./source-guard.js";

/** Decides whether a command may run. Holds no state between calls: one policy serves a whole process. */
export interface CommandPolicy {
  readonly settings: PolicySettings;
  /**
   * Judges one command as `bash -c` would read it. Never throws, never runs anything, ends within milliseconds whatever the
   * text. A command that cannot be judged is denied.
   */
  check(command: string): PolicyDecision;
}

/** The decision for everything that breaks no rule. */
const ALLOWED: PolicyDecision = Object.freeze({ allowed: true });

/** A policy that decides by `settings`. */
export function createCommandPolicy(settings: PolicySettings): CommandPolicy {
  return {
    settings,
    check(command) {
      try {
        guardText(command, settings.maxCommandBytes);
        if (settings.mode === "enforce") judgeSource(command, settings);
        return ALLOWED;
      } catch (error) {
        return denied(error, command);
      }
    },
  };
}

/** Fails closed: whatever went wrong, the command was not judged to be fine. */
function denied(error: unknown, command: string): PolicyDecision {
  if (error instanceof Rejection) {
    const { rule, reason, fragment } = error;
    return { allowed: false, rule, reason, command: bounded(fragment) };
  }
  if (error instanceof RangeError) {
    const reason = "The command is nested too deeply. Split it into several commands.";
    return { allowed: false, rule: "too-complex", reason, command: bounded(command) };
  }
  const reason = "The command holds syntax that is not judged. Write it more simply.";
  return { allowed: false, rule: "unsupported-syntax", reason, command: bounded(command) };
}
