import { expect, it } from "@jest/globals";
import { mayEnter, type WorkerPhase } from "./worker-phase.js";

const PHASES: readonly WorkerPhase[] = ["starting", "serving", "draining", "stopped"];

const LEGAL = ["starting→serving", "starting→draining", "serving→draining", "draining→stopped"];

it.each(PHASES.flatMap((from) => PHASES.map((to) => [from, to] as const)))(
  "%s → %s",
  (from, to) => {
    expect(mayEnter(from, to)).toBe(LEGAL.includes(`${from}→${to}`));
  },
);
