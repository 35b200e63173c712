import type { Clock } from "@sandbox-system/contract";
import type { RegisterAnswer } from "../redis/script-answers.js";

/** Time past the end of a lease within which its key must have gone, milliseconds. */
const MARGIN_MS = 500;

type Taken = Extract<RegisterAnswer, { readonly kind: "taken" }>;

/**
 * Waits for a name that a boot on another engine holds. One that has died does not renew its lease, and the name is free then; one that does renew it
 * lives, and there are two workers of one name.
 */
export class NameDispute {
  readonly #clock: Clock;
  #incumbent: { readonly registrationId: string; readonly goneAtMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `new`: heard for the first time; `waiting`: its lease may still run out; `alive`: it has been renewed. */
  judge({ registrationId, leaseLeftMs }: Taken): "new" | "waiting" | "alive" {
    const now = this.#clock.monotonicMs();
    if (this.#incumbent?.registrationId !== registrationId) {
      this.#incumbent = { registrationId, goneAtMs: now + leaseLeftMs + MARGIN_MS };
      return "new";
    }
    return now < this.#incumbent.goneAtMs ? "waiting" : "alive";
  }
}
