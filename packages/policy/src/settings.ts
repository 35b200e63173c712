import { MAX_COMMAND_BYTES } from "@sandbox-system/contract";
import { NEVER_ALLOWED_BUILTINS } from "./commands/builtins.js";
import { UNJUDGED_SHELLS } from "./commands/shells.js";
import { DEFAULT_ALLOWED_COMMANDS, DEFAULT_FORBIDDEN_COMMANDS } from "./default-lists.js";

/** What a policy decides by. Plain data: a server hands it to its clients as it is. */
export interface PolicySettings {
  /** `off` lets everything pass that is within `maxCommandBytes` and holds no NUL. */
  readonly mode: "enforce" | "off";
  /** Names that may run. Builtins that cannot start a program need not be listed. */
  readonly allowedCommands: readonly string[];
  /** Names that never run; stronger than `allowedCommands` and than the builtins. */
  readonly forbiddenCommands: readonly string[];
  /** Longest command, in bytes of UTF-8. */
  readonly maxCommandBytes: number;
}

/** The variables the settings come from, as the environment gives them. Absent and blank mean the default. */
export interface PolicyEnvironment {
  /** COMMAND_POLICY: `enforce` (default) or `off`. */
  readonly commandPolicy?: string | undefined;
  /** ALLOWED_COMMANDS: names separated by commas or spaces; a leading `+` adds to the default list instead of replacing it. */
  readonly allowedCommands?: string | undefined;
  /** FORBIDDEN_PATTERNS: the same form; `none` alone forbids nothing by name. */
  readonly forbiddenPatterns?: string | undefined;
}

/** The settings, or every fault found, a sentence each. */
export type ParsedPolicySettings =
  | { readonly ok: true; readonly settings: PolicySettings }
  | { readonly ok: false; readonly faults: readonly string[] };

/** The settings that an empty environment gives. */
export const DEFAULT_POLICY_SETTINGS: PolicySettings = Object.freeze({
  mode: "enforce",
  allowedCommands: DEFAULT_ALLOWED_COMMANDS,
  forbiddenCommands: DEFAULT_FORBIDDEN_COMMANDS,
  maxCommandBytes: MAX_COMMAND_BYTES,
});

/** A name as a file of /usr/bin may have it. Not a pattern: `.` and `+` stand for themselves. */
const COMMAND_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/;

/** Reads the policy's settings from an environment. Reports all faults at once, so that a config parser can join them to its own. */
export function parsePolicySettings(env: PolicyEnvironment): ParsedPolicySettings {
  const faults: string[] = [];
  const mode = nonBlank(env.commandPolicy) ?? "enforce";
  if (mode !== "enforce" && mode !== "off") {
    faults.push(`COMMAND_POLICY="${mode}" must be "enforce" or "off"`);
  }
  const allowed = parseList("ALLOWED_COMMANDS", env.allowedCommands, DEFAULT_ALLOWED_COMMANDS);
  const forbidden = parseList(
    "FORBIDDEN_PATTERNS",
    env.forbiddenPatterns?.trim() === "none" ? "" : env.forbiddenPatterns,
    env.forbiddenPatterns?.trim() === "none" ? [] : DEFAULT_FORBIDDEN_COMMANDS,
  );
  faults.push(...allowed.faults, ...forbidden.faults);
  for (const name of allowed.names) {
    if (NEVER_ALLOWED_BUILTINS.has(name) || UNJUDGED_SHELLS.has(name)) {
      faults.push(
        `ALLOWED_COMMANDS holds "${name}", which the policy cannot judge and never allows`,
      );
    }
    if (forbidden.names.includes(name)) {
      faults.push(`"${name}" is both in ALLOWED_COMMANDS and in FORBIDDEN_PATTERNS`);
    }
  }
  if (faults.length > 0) return { ok: false, faults };
  return {
    ok: true,
    settings: Object.freeze({
      mode: mode as PolicySettings["mode"],
      allowedCommands: Object.freeze(allowed.names),
      forbiddenCommands: Object.freeze(forbidden.names),
      maxCommandBytes: MAX_COMMAND_BYTES,
    }),
  };
}

/** The trimmed text, undefined when nothing is left. */
function nonBlank(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** One list: `a,b c` replaces the default, `+a,b c` adds to it; each name once, in order. */
function parseList(
  variable: string,
  text: string | undefined,
  fallback: readonly string[],
): { names: string[]; faults: string[] } {
  const given = text?.trim() ?? "";
  if (given === "") return { names: [...fallback], faults: [] };
  const extend = given.startsWith("+");
  const names = (extend ? given.slice(1) : given).split(/[\s,]+/).filter((name) => name !== "");
  const faults: string[] = [];
  if (names.length === 0) faults.push(`${variable}="${given}" names no command`);
  for (const name of names) {
    if (!COMMAND_NAME.test(name)) {
      faults.push(
        `${variable} holds "${name}", which is not a command name: list names such as "rm", not patterns, paths or options`,
      );
    }
  }
  return { names: [...new Set(extend ? [...fallback, ...names] : names)], faults };
}
