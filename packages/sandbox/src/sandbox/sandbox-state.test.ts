import { describe, expect, it } from "@jest/globals";
import { SANDBOX_TRANSITIONS, type SandboxState } from "./sandbox-state.js";

const STATES = Object.keys(SANDBOX_TRANSITIONS) as SandboxState[];
const LEGAL = [
  "warm→claimed",
  "warm→destroying",
  "claimed→handed-over",
  "claimed→destroying",
  "destroying→destroyed",
];

describe("sandbox states", () => {
  it.each(STATES.flatMap((from) => STATES.map((to) => [from, to] as const)))(
    "%s → %s",
    (from, to) => {
      expect(SANDBOX_TRANSITIONS[from].includes(to)).toBe(LEGAL.includes(`${from}→${to}`));
    },
  );
});
