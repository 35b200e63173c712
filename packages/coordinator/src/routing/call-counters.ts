import { SandboxError } from "@sandbox-system/contract";

/**
 * How a routed call went, for metrics. `rerouted` and `held` are counted beside the end that the call came to.
 *
 * - `ok`; `absent`: there is no such session; `refused`: the worker's own error.
 * - `unreachable`: nothing was done, the worker could not be reached; `interrupted`: it may have been carried out; `aborted`: by its caller.
 * - `rerouted`: sent on to another worker, after the first said that it does not hold the session.
 */
export const CALL_OUTCOMES = [
  "ok",
  "absent",
  "refused",
  "unreachable",
  "interrupted",
  "aborted",
  "rerouted",
] as const;

/** {@link CALL_OUTCOMES} as a type. */
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

const OUTCOME_OF: Readonly<Record<string, CallOutcome>> = {
  SESSION_NOT_FOUND: "absent",
  SESSION_EXPIRED: "absent",
  SESSION_LOST: "absent",
  WORKER_UNREACHABLE: "unreachable",
  OPERATION_INTERRUPTED: "interrupted",
  OPERATION_ABORTED: "aborted",
};

/** Counts routed calls by how they went. */
export class CallCounters {
  readonly #counts = new Map<CallOutcome, number>();

  of(outcome: CallOutcome): number {
    return this.#counts.get(outcome) ?? 0;
  }

  count(outcome: CallOutcome): void {
    this.#counts.set(outcome, this.of(outcome) + 1);
  }

  /** Counts a call by the error that it came to. */
  countFailure(error: unknown): void {
    const known = error instanceof SandboxError ? OUTCOME_OF[error.code] : undefined;
    this.count(known ?? "refused");
  }
}
