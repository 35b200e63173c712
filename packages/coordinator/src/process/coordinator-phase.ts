/**
 * Life of the coordinator process.
 *
 * - `starting`: made, does not listen yet. Entered first.
 * - `serving`: listens. Entered when it has the port; Redis and workers may still be away, which /ready tells.
 * - `draining`: /ready says that it is about to stop, requests under way finish, and so do those that still come. Entered by a signal or a
 *   fatal fault.
 * - `stopped`: no connection is left. Entered when the drain is over; the process exits.
 *
 * Phases never move backwards; {@link Coordinator} owns them.
 */
export type CoordinatorPhase = "starting" | "serving" | "draining" | "stopped";

const NEXT: Readonly<Record<CoordinatorPhase, readonly CoordinatorPhase[]>> = {
  starting: ["serving", "draining"],
  serving: ["draining"],
  draining: ["stopped"],
  stopped: [],
};

/** Whether a coordinator may go from one phase to the other. */
export function mayEnter(from: CoordinatorPhase, to: CoordinatorPhase): boolean {
  return NEXT[from].includes(to);
}
