/** Stops a timer. Harmless when it has fired. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from; injected, so that tests hold the clock. */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. */
  now(): number;
  /** Monotonic time, milliseconds, for durations. */
  monotonicMs(): number;
  /** Runs `action` once after `ms`. The timer does not keep the process alive. */
  setTimer(ms: number, action: () => void): Timer;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
};
