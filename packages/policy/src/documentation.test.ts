import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { BUILTIN_JUDGES, NEVER_ALLOWED_BUILTINS } from "./commands/builtins.js";
import { PROGRAM_JUDGES } from "./commands/programs.js";
import { createCommandPolicy } from "./command-policy.js";
import { POLICY_RULES } from "./decision.js";
import { DEFAULT_ALLOWED_COMMANDS, DEFAULT_FORBIDDEN_COMMANDS } from "./default-lists.js";
import { DEFAULT_POLICY_SETTINGS } from "./settings.js";

const text = readFileSync(join(__dirname, "../../../docs/COMMAND_POLICY.md"), "utf8");

/** The text between a start and the next empty line, joined to one line. */
function paragraph(start: string): string {
  const from = text.indexOf(start);
  return text.slice(from, text.indexOf("\n\n", from)).replaceAll("\n", " ");
}

const names = (line: string): string[] =>
  Array.from(line.matchAll(/`([^`]+)`/g), (match) => match[1] ?? "");

describe("docs/COMMAND_POLICY.md", () => {
  const rows = Array.from(
    text.slice(text.indexOf("## Rules")).matchAll(/^\| `([a-z-]+)` \| (.*?) \| (.*) \|$/gm),
    ([, rule, meaning, example]) => ({
      rule: rule ?? "",
      meaning: meaning ?? "",
      example: example ?? "",
    }),
  );

  it("lists the rules of the code, with the same meanings, in the same order", () => {
    expect(rows.map(({ rule, meaning }) => [rule, meaning])).toEqual(Object.entries(POLICY_RULES));
  });

  it("gives examples that break their rule", () => {
    const policy = createCommandPolicy(DEFAULT_POLICY_SETTINGS);
    const examples = rows.filter(({ example }) => /^`[^`]+`$/.test(example));
    expect(examples.length).toBe(rows.length - 3);
    for (const { rule, example } of examples) {
      expect(policy.check(example.slice(1, -1))).toMatchObject({ allowed: false, rule });
    }
  });

  it("lists the default lists, the builtins and the judged programs", () => {
    expect(names(paragraph("Allowed by default:"))).toEqual(DEFAULT_ALLOWED_COMMANDS);
    expect(names(paragraph("Forbidden by default:"))).toEqual(DEFAULT_FORBIDDEN_COMMANDS);
    expect(names(paragraph("Never available:"))).toEqual([
      ...NEVER_ALLOWED_BUILTINS.keys(),
      "coproc",
    ]);
    const documented = new Set(names(text));
    expect(
      [...BUILTIN_JUDGES.keys(), ...PROGRAM_JUDGES.keys()].filter((name) => !documented.has(name)),
    ).toEqual([]);
  });
});
