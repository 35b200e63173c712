import { describe, expect, it } from "@jest/globals";
import { DEFAULT_ALLOWED_COMMANDS, DEFAULT_FORBIDDEN_COMMANDS } from "./default-lists.js";
import { DEFAULT_POLICY_SETTINGS, parsePolicySettings, type PolicySettings } from "./settings.js";

function settings(env: Parameters<typeof parsePolicySettings>[0]): PolicySettings {
  const parsed = parsePolicySettings(env);
  if (!parsed.ok) throw new Error(parsed.faults.join("; "));
  return parsed.settings;
}

function faults(env: Parameters<typeof parsePolicySettings>[0]): readonly string[] {
  const parsed = parsePolicySettings(env);
  if (parsed.ok) throw new Error("no fault was found");
  return parsed.faults;
}

describe("parsePolicySettings", () => {
  it("gives the defaults for an empty environment and for blank values", () => {
    expect(settings({})).toEqual(DEFAULT_POLICY_SETTINGS);
    expect(settings({ commandPolicy: " ", allowedCommands: "", forbiddenPatterns: "  " })).toEqual(
      DEFAULT_POLICY_SETTINGS,
    );
  });

  it("holds the lists of the guide", () => {
    for (const name of "jq awk grep sed python3 python bc comm diff file stat tee".split(" ")) {
      expect(DEFAULT_ALLOWED_COMMANDS).toContain(name);
    }
    expect(DEFAULT_FORBIDDEN_COMMANDS).toEqual(
      "rm mv dd curl wget ssh sudo chmod chown".split(" "),
    );
  });

  it("replaces a list, or extends it after a plus sign", () => {
    expect(settings({ allowedCommands: "jq, cat  wc" }).allowedCommands).toEqual([
      "jq",
      "cat",
      "wc",
    ]);
    expect(settings({ allowedCommands: "+xargs,cp,jq" }).allowedCommands).toEqual([
      ...DEFAULT_ALLOWED_COMMANDS,
      "xargs",
      "cp",
    ]);
    expect(settings({ forbiddenPatterns: "+ nc" }).forbiddenCommands).toEqual([
      ...DEFAULT_FORBIDDEN_COMMANDS,
      "nc",
    ]);
    expect(settings({ forbiddenPatterns: "none" }).forbiddenCommands).toEqual([]);
    expect(settings({ commandPolicy: "off" }).mode).toBe("off");
  });

  it("reports all faults at once", () => {
    expect(
      faults({
        commandPolicy: "maybe",
        allowedCommands: "jq,/bin/ls,eval,sh",
        forbiddenPatterns: "+rm.*,-x",
      }),
    ).toEqual([
      'COMMAND_POLICY="maybe" must be "enforce" or "off"',
      expect.stringContaining('ALLOWED_COMMANDS holds "/bin/ls", which is not a command name'),
      expect.stringContaining('FORBIDDEN_PATTERNS holds "rm.*", which is not a command name'),
      expect.stringContaining('FORBIDDEN_PATTERNS holds "-x", which is not a command name'),
      'ALLOWED_COMMANDS holds "eval", which the policy cannot judge and never allows',
      'ALLOWED_COMMANDS holds "sh", which the policy cannot judge and never allows',
    ]);
  });

  it("refuses a name on both lists, and a list of nothing", () => {
    expect(faults({ allowedCommands: "+rm" })).toEqual([
      '"rm" is both in ALLOWED_COMMANDS and in FORBIDDEN_PATTERNS',
    ]);
    expect(faults({ allowedCommands: "+" })).toEqual(['ALLOWED_COMMANDS="+" names no command']);
  });
});
