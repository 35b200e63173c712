/**
 * How placements went, for metrics. `created`: a new session; `existing`: the thread had one; `failed`: the caller got an error;
 * `moved`: tried on another worker after one did not take it (counted beside the end).
 */
export const PLACEMENT_OUTCOMES = ["created", "existing", "failed", "moved"] as const;

/** {@link PLACEMENT_OUTCOMES} as a type. */
export type PlacementOutcome = (typeof PLACEMENT_OUTCOMES)[number];

/** Counts placements by how they went. */
export class PlacementCounters {
  readonly #counts = new Map<PlacementOutcome, number>();

  of(outcome: PlacementOutcome): number {
    return this.#counts.get(outcome) ?? 0;
  }

  count(outcome: PlacementOutcome): void {
    this.#counts.set(outcome, this.of(outcome) + 1);
  }
}
