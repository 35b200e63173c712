/**
 * The rules a command can break, with what each means. Ids are stable: they go over the wire as `details.rule` of
 * COMMAND_REJECTED, and a test holds the table of docs/COMMAND_POLICY.md to this one.
 */
export const POLICY_RULES = {
  "too-long": "The command is longer than the limit.",
  "too-complex":
    "Nesting, or the number of expansions, operators or here-documents, passes a limit.",
  "control-character":
    "A control, zero-width, no-break or direction-changing character stands where the eye cannot see it.",
  "syntax-error": "The command cannot be parsed as bash, or is cut off.",
  "unsupported-syntax": "Bash syntax that the policy does not judge.",
  "command-name-not-literal": "The name of a command is computed when it runs.",
  "command-path-not-allowed": "A command is named by a path outside the standard directories.",
  "forbidden-command": "The command is on the forbidden list.",
  "command-not-allowed": "The command is not on the allowed list.",
  "dangerous-builtin": "A shell builtin that runs or redefines commands behind the policy's back.",
  "dangerous-option":
    "An option or operand of an allowed command that makes it run other commands.",
  "program-not-judged":
    "An awk or sed program that runs commands, or that cannot be read from the command itself.",
  "assignment-not-allowed":
    "An assignment that changes which programs run, or how the shell reads.",
  "indirect-evaluation": "Text that the shell would evaluate a second time, as code.",
  "function-not-allowed": "A function whose name hides a command that is always refused.",
  "network-redirection": "A redirection to a network address.",
} as const satisfies Record<string, string>;

/** Id of the rule that a command breaks. */
export type PolicyRule = keyof typeof POLICY_RULES;

/**
 * What the policy says of a command. `reason` is a sentence that a person or an agent can act on; `command` is the offending
 * part, at most {@link MAX_FRAGMENT_LENGTH} characters.
 */
export type PolicyDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly rule: PolicyRule;
      readonly reason: string;
      readonly command: string;
    };

/** Longest part of a command that a decision quotes, in UTF-16 code units: enough to find the place, too short to flood a log. */
export const MAX_FRAGMENT_LENGTH = 200;

/** How a judge says no: thrown by the walk, caught by `CommandPolicy.check`, seen by nobody else. */
export class Rejection extends Error {
  override readonly name = "Rejection";

  constructor(
    readonly rule: PolicyRule,
    readonly reason: string,
    readonly fragment: string,
  ) {
    super(reason);
  }
}

/** Ends the walk: the command is denied. */
export function reject(rule: PolicyRule, reason: string, fragment: string): never {
  throw new Rejection(rule, reason, fragment);
}

/** The first {@link MAX_FRAGMENT_LENGTH} code units of `text`, with `…` for the rest; never cuts a surrogate pair. */
export function bounded(text: string): string {
  if (text.length <= MAX_FRAGMENT_LENGTH) return text;
  const last = text.charCodeAt(MAX_FRAGMENT_LENGTH - 2);
  const end = last >= 0xd800 && last <= 0xdbff ? MAX_FRAGMENT_LENGTH - 2 : MAX_FRAGMENT_LENGTH - 1;
  return `${text.slice(0, end)}…`;
}
