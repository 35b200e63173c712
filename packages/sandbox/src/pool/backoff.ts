/** Waits after failures in a row: the first at once, then from half a second, doubling to ten seconds: how long an engine that is back may go unnoticed. */
const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** Milliseconds to wait after `failures` failures in a row. `random`: 0 … 1, spreads callers by a quarter. */
export function backoffMs(failures: number, random: number): number {
  if (failures <= 1) return 0;
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 2));
  return Math.round(base * (0.75 + random * 0.25));
}
