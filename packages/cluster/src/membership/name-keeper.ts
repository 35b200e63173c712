import type { Clock, Logger } from "@sandbox-system/contract";
import { NameDispute } from "./name-dispute.js";
import type { WorkerInfo } from "./worker-info.js";
import type { WorkerRegistrar } from "./worker-registrar.js";

/** What a {@link NameKeeper} is made of. */
export interface NameKeeperParts {
  readonly registrar: WorkerRegistrar;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly leaseMs: number;
}

/**
 * Whether this boot has its worker's name. `held`: its lease was renewed; `taken`: it has just registered, for the first time or anew; `waiting`: another
 * boot's lease must run out first; `replaced`: the name is another process's for good, `reason` tells the operator.
 */
export type NameStatus =
  | { readonly kind: "held" | "taken" | "waiting" }
  | { readonly kind: "replaced"; readonly reason: string };

/** Takes a worker's name and keeps its lease. */
export class NameKeeper {
  readonly #parts: NameKeeperParts;
  readonly #dispute: NameDispute;
  #isHeld = false;
  #wasHeld = false;

  constructor(parts: NameKeeperParts) {
    this.#parts = parts;
    this.#dispute = new NameDispute(parts.clock);
  }

  /** Whether the name was this boot's when that was last asked. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether the name was ever this boot's. */
  get wasHeld(): boolean {
    return this.#wasHeld;
  }

  /** Renews the lease, or registers. Rejects with `REGISTRY_UNAVAILABLE`. */
  async keep(info: WorkerInfo): Promise<NameStatus> {
    if (this.#isHeld) {
      const answer = await this.#parts.registrar.beat(info, this.#parts.leaseMs);
      if (answer === "renewed") return { kind: "held" };
      this.#isHeld = false;
      if (answer === "replaced") return replaced(info, "Another process has taken it over.");
    }
    return this.#register(info);
  }

  async #register(info: WorkerInfo): Promise<NameStatus> {
    const { registrar, leaseMs, logger } = this.#parts;
    const answer = await registrar.register(info, leaseMs);
    if (answer.kind === "registered") {
      this.#isHeld = true;
      this.#wasHeld = true;
      logger.info("cluster.register", { outcome: "ok", url: info.url, state: info.state });
      return { kind: "taken" };
    }
    if (this.#wasHeld) return replaced(info, "A worker on another engine has taken it over.");
    // As long as the own engine is not known, the other boot may be this worker's predecessor.
    if (info.engineId === "") return { kind: "waiting" };
    const verdict = this.#dispute.judge(answer);
    if (verdict === "new")
      logger.warn("cluster.name-taken", {
        workerId: info.workerId,
        holder: answer.registrationId,
        leaseLeftMs: answer.leaseLeftMs,
      });
    return verdict === "alive"
      ? replaced(info, "Another worker with this name is running on another engine.")
      : { kind: "waiting" };
  }
}

function replaced({ workerId }: WorkerInfo, what: string): NameStatus {
  const reason = `The name ${workerId} is not this worker's: ${what} Every worker needs a WORKER_ID of its own.`;
  return { kind: "replaced", reason };
}
