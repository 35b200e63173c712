import type { Clock, Timer } from "@sandbox-system/contract";

/** How long to wait for something, and what to say when it did not come. */
export interface Deadline {
  readonly clock: Clock;
  /** Milliseconds from now. */
  readonly deadlineMs: number;
  /** A clause: "the agent did not connect". */
  readonly missed?: string;
}

/** Settles as `promise` does; rejects when that takes longer than the deadline. What `promise` does afterwards goes unnoticed. */
export async function withinDeadline<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
  const { clock, deadlineMs, missed = "it was not done" } = deadline;
  let timer: Timer | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(deadlineMs, () => {
      reject(new Error(`${missed} within ${String(deadlineMs)} ms`));
    });
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer?.cancel();
  }
}
