/**
 * Life of the worker process.
 *
 * - `starting`: listens, looks for its engine. Entered first. Health says what is missing.
 * - `serving`: takes sessions. Entered when the engine room has started.
 * - `draining`: refuses new sessions and lets running commands finish. Entered by a signal, a drain request or a fatal fault.
 * - `stopped`: no container and no connection is left. Entered when the drain is over; the process exits.
 *
 * Phases never move backwards; {@link Worker} owns them.
 */
export type WorkerPhase = "starting" | "serving" | "draining" | "stopped";

const NEXT: Readonly<Record<WorkerPhase, readonly WorkerPhase[]>> = {
  starting: ["serving", "draining"],
  serving: ["draining"],
  draining: ["stopped"],
  stopped: [],
};

/** Whether a worker may go from one phase to the other. */
export function mayEnter(from: WorkerPhase, to: WorkerPhase): boolean {
  return NEXT[from].includes(to);
}
