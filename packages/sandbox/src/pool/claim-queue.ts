import { type Clock, sandboxError, type SandboxError, type Timer } from "@sandbox-system/contract";
import type { Sandbox } from "../sandbox/sandbox.js";

/** Callers that may wait at once: at five creations a second more could not be served within the wait anyway. */
const MAX_WAITING = 256;

/** Longest wait for a sandbox, milliseconds. */
const MAX_WAIT_MS = 30_000;

interface Waiter {
  readonly resolve: (sandbox: Sandbox) => void;
  readonly reject: (error: SandboxError) => void;
  readonly timer: Timer;
}

/** Callers that wait for a sandbox to be made: first come, first served; bounded in number and time. */
export class ClaimQueue {
  readonly #waiting: Waiter[] = [];

  constructor(private readonly clock: Clock) {}

  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves to the sandbox given to this caller. @throws SandboxError `POOL_EXHAUSTED` when the queue is full or the wait too long. */
  wait(): Promise<Sandbox> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        sandboxError(
          "POOL_EXHAUSTED",
          `Pool at max capacity: ${String(MAX_WAITING)} callers already wait for a sandbox. Try again shortly.`,
          { retryAfterSeconds: 5 },
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimer(MAX_WAIT_MS, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(
          sandboxError(
            "POOL_EXHAUSTED",
            `Pool at max capacity: no sandbox became free within ${String(MAX_WAIT_MS / 1000)} seconds. Try again shortly.`,
            { retryAfterSeconds: 5 },
          ),
        );
      });
      const waiter: Waiter = { resolve, reject, timer };
      this.#waiting.push(waiter);
    });
  }

  /** Gives a sandbox to the one who has waited longest; false: nobody waits. */
  serve(sandbox: Sandbox): boolean {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return false;
    waiter.timer.cancel();
    waiter.resolve(sandbox);
    return true;
  }

  /** Turns callers away, the longest waiting first, until at most `keep` are left. */
  refuse(error: SandboxError, keep = 0): void {
    while (this.#waiting.length > keep) {
      const waiter = this.#waiting.shift();
      waiter?.timer.cancel();
      waiter?.reject(error);
    }
  }
}
