/** Any interval does: it is there for the event loop, not for what it runs. Timers take no more than 2³¹ − 1 ms. */
const LONG_MS = 2_147_483_647;

/**
 * Keeps the process alive while calls are under way. The engine room itself does not, so that a program with an idle client can end; but a
 * program that awaits a call must not end before the answer.
 */
export class KeepAlive {
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Keeps the process alive until `call` settles. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await call();
    } finally {
      end();
    }
  }

  /** Keeps the process alive until the returned function is called, for the first time. */
  begin(): () => void {
    this.#calls += 1;
    this.#timer ??= setInterval(doNothing, LONG_MS);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#calls -= 1;
      if (this.#calls > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}

function doNothing(): void {
  // Running is all that it is for.
}
