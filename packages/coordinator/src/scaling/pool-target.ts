/** What a worker's warm pool has to answer. */
export interface PoolDemand {
  /** Greatest rate of claims in the recent past, sandboxes a second. */
  readonly peakRate: number;
  /** Time that a creation takes, milliseconds; null: none was seen yet. */
  readonly createMs: number | null;
  /** Time until the next decision, milliseconds. */
  readonly intervalMs: number;
  /** Share that is kept beyond the demand, 0 and up. */
  readonly headroom: number;
  /** Warm sandboxes that the worker keeps now. */
  readonly current: number;
  /** The least it may keep. */
  readonly min: number;
  /** The most it may keep: its capacity less what serves sessions. */
  readonly max: number;
  /** Memory of its machine in use, 0 … 1. */
  readonly memoryLoad: number;
  /** Whether the demand is known for long enough to say that less is enough. */
  readonly mayFall: boolean;
}

/** A creation's time while none was seen, milliseconds: a container is created and started in a third of a second on a small machine. */
const USUAL_CREATE_MS = 1000;

/** Memory in use beyond which a pool is not raised: warm sandboxes take memory that the sessions' commands need. */
const FULL_MEMORY = 0.9;

/** Share by which a pool falls in one decision at most, so that a lull between two bursts does not cost the second one its sandboxes. */
const FALL_SHARE = 0.1;

/**
 * How many sandboxes a worker should keep warm.
 *
 *     peakRate × (createMs + intervalMs) × (1 + headroom), rounded up, within min … max
 *
 * That many are claimed, at the greatest rate seen lately, from one decision until what the next one orders is there. It rises at once, unless
 * the machine's memory is nearly full; it falls by no more than a tenth, or one, a decision, and only when the demand is known for long enough.
 * docs/SCALING.md explains it.
 */
export function poolTarget(demand: PoolDemand): number {
  const { peakRate, createMs, intervalMs, headroom, current, min, max, memoryLoad } = demand;
  const seconds = ((createMs ?? USUAL_CREATE_MS) + intervalMs) / 1000;
  const needed = Math.max(min, Math.ceil(peakRate * seconds * (1 + headroom)));
  // A full worker keeps none, and none is below its minimum: it would be ordered again and again.
  const most = Math.max(min, max);
  if (needed > current) return Math.min(memoryLoad > FULL_MEMORY ? current : needed, most);
  const slowest = demand.mayFall
    ? current - Math.max(1, Math.floor(current * FALL_SHARE))
    : current;
  return Math.min(Math.max(needed, slowest), most);
}
