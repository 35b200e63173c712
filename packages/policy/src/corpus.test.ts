import { describe, expect, it } from "@jest/globals";
import { createCommandPolicy } from "./command-policy.js";
import { MAX_FRAGMENT_LENGTH, POLICY_RULES } from "./decision.js";
import { DEFAULT_POLICY_SETTINGS } from "./settings.js";
import { readCorpus, WIDE_SETTINGS } from "./testing/corpus.js";

const byDefault = createCommandPolicy(DEFAULT_POLICY_SETTINGS);
const wide = createCommandPolicy(WIDE_SETTINGS);
const denied = readCorpus("denied");
const allowed = readCorpus("allowed");

describe("the corpus of denied commands", () => {
  it("holds at least 300 distinct commands and every rule that a short command can break", () => {
    expect(new Set(denied.map(({ command }) => command)).size).toBeGreaterThanOrEqual(300);
    const rules = new Set(denied.map(({ rule }) => rule));
    const untested = Object.keys(POLICY_RULES).filter((rule) => !rules.has(rule));
    expect(untested.sort()).toEqual(["too-complex", "too-long"]);
  });

  it.each(denied.map((one) => [JSON.stringify(one.command), one] as const))(
    "denies %s",
    (_name, { command, rule, lists }) => {
      const decision = (lists === "default" ? byDefault : wide).check(command);
      expect(decision).toMatchObject({ allowed: false, rule });
      expect(byDefault.check(command).allowed).toBe(false);
      if (decision.allowed) return;
      expect(decision.reason).toMatch(/[.?]$/);
      expect(decision.command.length).toBeLessThanOrEqual(MAX_FRAGMENT_LENGTH);
    },
  );
});

describe("the corpus of allowed commands", () => {
  it("holds at least 150 distinct commands", () => {
    expect(new Set(allowed.map(({ command }) => command)).size).toBeGreaterThanOrEqual(150);
  });

  it.each(allowed.map((one) => [JSON.stringify(one.command), one] as const))(
    "allows %s",
    (_name, { command }) => {
      expect(byDefault.check(command)).toEqual({ allowed: true });
    },
  );
});
