import type { Clock, Timer } from "@sandbox-system/contract";

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Map<Timer, { readonly at: number; readonly action: () => void }>();

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  setTimer(ms: number, action: () => void): Timer {
    const timer: Timer = { cancel: () => this.#timers.delete(timer) };
    this.#timers.set(timer, { at: this.#now + ms, action });
    return timer;
  }

  /** Timers that are running. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass and runs what is due, in order. */
  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter(([, { at }]) => at <= this.#now);
    for (const [timer, { action }] of due.sort(([, one], [, other]) => one.at - other.at)) {
      if (this.#timers.delete(timer)) action();
    }
  }
}
