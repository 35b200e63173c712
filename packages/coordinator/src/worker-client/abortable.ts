import type { Clock, Timer } from "@sandbox-system/contract";

/** Aborts a request whose answer does not begin in time. */
export class HeadLimit {
  readonly #controller = new AbortController();
  readonly #timer: Timer | undefined;

  /** `ms` undefined: it may take as long as it takes. */
  constructor(clock: Clock, ms: number | undefined) {
    if (ms === undefined) return;
    this.#timer = clock.setTimer(ms, () => {
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get passed(): boolean {
    return this.#controller.signal.aborted;
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}

/** Settles as `promise` does, or rejects as soon as the signal aborts. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(new Error("The request was given up", { cause: signal.reason }));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
