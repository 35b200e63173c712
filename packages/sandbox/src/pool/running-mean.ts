/** Weight of the newest value: the last ten decide nine tenths of the mean, so that it follows a machine that becomes busy within a refill. */
const NEWEST_WEIGHT = 0.2;

/** Exponentially weighted mean of a series of values. */
export class RunningMean {
  #value: number | undefined;

  /** undefined before the first value. */
  get value(): number | undefined {
    return this.#value;
  }

  add(value: number): void {
    this.#value =
      this.#value === undefined ? value : this.#value + NEWEST_WEIGHT * (value - this.#value);
  }
}
