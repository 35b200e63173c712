import { setTimeout as elapsed } from "node:timers/promises";

/** Between two looks, milliseconds. */
const LOOK_MS = 20;

/** Resolves with the first answer that is neither false nor undefined; rejects, naming what it waited for, after `withinMs`. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = 15_000,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== undefined) return seen as Exclude<T, false | undefined>;
    if (performance.now() > deadline) throw new Error(`not within ${String(withinMs)} ms: ${what}`);
    await elapsed(LOOK_MS);
  }
}
