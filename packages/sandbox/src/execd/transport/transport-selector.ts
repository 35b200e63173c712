import type { Logger } from "@sandbox-system/contract";
import type { AgentTransport } from "./agent-transport.js";

/**
 * Chooses between the transports. With two candidates the first is on trial: when a sandbox fails over it and then succeeds
 * over the second, the second is used from then on; when a sandbox succeeds over the first, the trial is over.
 */
export class TransportSelector {
  #candidates: readonly AgentTransport[];

  constructor(
    candidates: readonly [AgentTransport, ...AgentTransport[]],
    private readonly logger: Logger,
  ) {
    this.#candidates = candidates;
  }

  /** Transports to try for the next sandbox, best first; one when the choice is made. */
  candidates(): readonly AgentTransport[] {
    return this.#candidates;
  }

  /** A sandbox was reached over this transport. */
  succeeded(transport: AgentTransport): void {
    if (this.#candidates.length === 1) return;
    this.#candidates = [transport];
    this.logger.info("execd.transport", { transport: transport.name });
  }
}
