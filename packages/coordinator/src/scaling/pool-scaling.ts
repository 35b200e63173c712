import type { KnownWorker, WorkerDirectory, WorkerJobSender } from "@sandbox-system/cluster";
import type { Clock, Logger } from "@sandbox-system/contract";
import { ClaimHistory } from "./claim-history.js";
import { poolTarget } from "./pool-target.js";

/** What scaling is made of. */
export interface PoolScalingParts {
  readonly directory: WorkerDirectory;
  readonly jobs: WorkerJobSender;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time between two decisions, milliseconds. */
  readonly intervalMs: number;
  /** Share that is kept beyond the demand, 0 and up. */
  readonly headroom: number;
}

/** Decides how many sandboxes each worker keeps warm. What it decides with is in the heartbeats, so any coordinator may be the one. */
export class PoolScaling {
  readonly #parts: PoolScalingParts;
  readonly #history = new ClaimHistory();
  readonly #unsubscribe: () => void;

  constructor(parts: PoolScalingParts) {
    this.#parts = parts;
    const { directory, clock } = parts;
    for (const { info } of directory.all()) this.#history.note(info, clock.now());
    this.#unsubscribe = directory.subscribe((event) => {
      if (event.kind === "lost") this.#history.forget(event.workerId);
      else this.#history.note(event.worker.info, clock.now());
    });
  }

  /** One decision: tells the workers whose target changes. Rejects with `REGISTRY_UNAVAILABLE`. */
  async run(): Promise<void> {
    const { directory, jobs, logger } = this.#parts;
    const workers = directory.all().filter(({ info }) => info.state === "active");
    const shared = this.#sharedRate(workers);
    for (const { info } of workers) {
      const { workerId, registrationId, poolTarget: current } = info;
      const target = this.#targetOf(info, shared);
      if (target === current) continue;
      await jobs.send(workerId, { kind: "set-pool-target", registrationId, target });
      logger.info("pool.scale", { workerId, from: current, to: target });
    }
  }

  close(): void {
    this.#unsubscribe();
  }

  #targetOf(info: KnownWorker["info"], sharedRate: number): number {
    const { intervalMs, headroom, clock } = this.#parts;
    return poolTarget({
      peakRate: this.#history.peakRate(info.workerId, clock.now()) ?? sharedRate,
      createMs: info.createMs,
      intervalMs,
      headroom,
      current: info.poolTarget,
      min: info.poolMin,
      max: info.pool.max_capacity - info.pool.allocated,
      memoryLoad: info.memoryLoad,
      mayFall: this.#history.isWhole(info.workerId, clock.now()),
    });
  }

  /** What a worker that is new will have to take over: its part of what all take together. */
  #sharedRate(workers: readonly KnownWorker[]): number {
    const now = this.#parts.clock.now();
    const rates = workers.map(({ info }) => this.#history.peakRate(info.workerId, now) ?? 0);
    return rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, workers.length);
  }
}
