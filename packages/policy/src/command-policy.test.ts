import { describe, expect, it } from "@jest/globals";
import { createCommandPolicy } from "./command-policy.js";
import { MAX_FRAGMENT_LENGTH, POLICY_RULES, type PolicyDecision } from "./decision.js";
import { DEFAULT_POLICY_SETTINGS } from "./settings.js";
import { WIDE_SETTINGS } from "./testing/corpus.js";

const policy = createCommandPolicy(DEFAULT_POLICY_SETTINGS);

function refusal(decision: PolicyDecision): Extract<PolicyDecision, { allowed: false }> {
  if (decision.allowed) throw new Error("the command was allowed");
  return decision;
}

describe("what a decision says", () => {
  it("names a forbidden command and what to do instead", () => {
    expect(refusal(policy.check("ls && wget https://example.com/a.json"))).toEqual({
      allowed: false,
      rule: "forbidden-command",
      reason:
        'Command "wget" is forbidden. The sandbox has no network: upload the data through the file upload API instead.',
      command: "wget https://example.com/a.json",
    });
  });

  it("names an unknown command and the allowed ones", () => {
    const { reason, command } = refusal(policy.check("ls | foo --bar | wc"));
    expect(reason).toMatch(
      /^Command "foo" is not allowed\. Allowed commands: jq, awk, grep, .*touch\.$/,
    );
    expect(command).toBe("foo --bar");
  });

  it("shortens a long list of allowed commands", () => {
    const allowedCommands = Array.from({ length: 50 }, (_, i) => `tool${String(i)}`);
    const many = createCommandPolicy({ ...DEFAULT_POLICY_SETTINGS, allowedCommands });
    expect(refusal(many.check("foo")).reason).toMatch(/tool39, … \(50 in all\)\.$/);
  });

  it("quotes at most 200 characters of the command", () => {
    const { command } = refusal(policy.check(`rm ${"x".repeat(1_000)}`));
    expect(command).toHaveLength(MAX_FRAGMENT_LENGTH);
    expect(command.endsWith("x…")).toBe(true);
  });

  it("does not cut a character in half", () => {
    const { command } = refusal(policy.check(`rm ${"😀".repeat(300)}`));
    expect(command.isWellFormed()).toBe(true);
  });
});

describe("the lists", () => {
  it("puts forbidden names above allowed names, builtins and functions", () => {
    const strict = createCommandPolicy({
      ...DEFAULT_POLICY_SETTINGS,
      forbiddenCommands: ["jq", "printf", "f"],
    });
    for (const command of ["jq . f", "printf x", "f() { ls; }; f"]) {
      expect(strict.check(command).allowed).toBe(false);
    }
  });

  it("judges echo by the list, and builtins without it", () => {
    const bare = createCommandPolicy({ ...DEFAULT_POLICY_SETTINGS, allowedCommands: ["jq"] });
    expect(refusal(bare.check("echo x")).rule).toBe("command-not-allowed");
    expect(bare.check("cd /tmp && printf '%s' x && jq . f")).toEqual({ allowed: true });
  });

  it("allows nothing but builtins with an empty list", () => {
    const empty = createCommandPolicy({ ...DEFAULT_POLICY_SETTINGS, allowedCommands: [] });
    expect(empty.check("true")).toEqual({ allowed: true });
    expect(empty.check("ls").allowed).toBe(false);
  });

  it("judges what an allowed wrapper runs", () => {
    const wide = createCommandPolicy(WIDE_SETTINGS);
    for (const command of [
      "find . -name '*.csv' -print0 | xargs -0 -n 1 wc -l",
      "timeout 5 python3 slow.py",
      'timeout -s KILL 1m env A=1 B="$x" sort f',
      "nice -n 10 nohup stdbuf -oL grep x f &",
      "bash -c 'for f in *.csv; do wc -l \"$f\"; done'",
      "bash -c 'echo \"$0\"' name",
      "command ls",
    ]) {
      expect(wide.check(command)).toEqual({ allowed: true });
    }
    // A wrapper starts programs, so that builtins and functions do not exist for it.
    expect(refusal(wide.check("timeout 5 cd /tmp")).rule).toBe("command-not-allowed");
    expect(refusal(wide.check("f() { ls; }; timeout 5 f")).rule).toBe("command-not-allowed");
  });
});

describe("limits", () => {
  it("counts bytes of UTF-8, the limit itself included", () => {
    const short = createCommandPolicy({ ...DEFAULT_POLICY_SETTINGS, maxCommandBytes: 10 });
    expect(short.check("echo ééa").allowed).toBe(true);
    expect(refusal(short.check("echo éééa")).rule).toBe("too-long");
  });

  it("refuses nesting, expansions and commands beyond what anybody writes", () => {
    const nested = "echo ".concat("$(echo ".repeat(120), "x", ")".repeat(120));
    expect(refusal(policy.check(nested)).rule).toBe("too-complex");
    expect(refusal(policy.check(`echo ${"$(ls)".repeat(1_100)}`)).rule).toBe("too-complex");
    expect(refusal(policy.check("ls;".repeat(17_000))).rule).toBe("too-complex");
    expect(refusal(policy.check(`echo $((${"1+".repeat(1_000)}1))`)).rule).toBe("too-complex");
    expect(refusal(policy.check("function a ".repeat(5_000))).rule).toBe("too-complex");
  });

  it("allows generous nesting", () => {
    const nested = "echo ".concat("$(echo ".repeat(12), "x", ")".repeat(12));
    expect(policy.check(nested)).toEqual({ allowed: true });
    expect(policy.check(`echo $((${"1+".repeat(100)}1))`)).toEqual({ allowed: true });
  });

  it("follows values through a bounded number of variables", () => {
    const chain = Array.from({ length: 1_500 }, (_, i) => `a${String(i + 1)}=$a${String(i)};`).join(
      "",
    );
    expect(refusal(policy.check(chain + "sort $a1500;".repeat(20))).rule).toBe("too-complex");
  });
});

describe("mode off", () => {
  const off = createCommandPolicy({ ...DEFAULT_POLICY_SETTINGS, mode: "off", maxCommandBytes: 20 });

  it("allows everything that could be a command", () => {
    for (const command of ["rm -rf x", "echo 'a", "$x", "ls\u00a0-l"]) {
      expect(off.check(command)).toEqual({ allowed: true });
    }
  });

  it("still refuses what is too long, holds a NUL or cannot be encoded", () => {
    expect(refusal(off.check("x".repeat(21))).rule).toBe("too-long");
    expect(refusal(off.check("ls \0")).rule).toBe("control-character");
    expect(refusal(off.check("ls \ud800")).rule).toBe("control-character");
  });
});

it("has a rule table whose ids are kebab-case and whose texts are sentences", () => {
  for (const [rule, meaning] of Object.entries(POLICY_RULES)) {
    expect(rule).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});
