import type { RedisLink } from "../redis/redis-link.js";
import { beatFrom, type RegisterAnswer, registeredFrom } from "../redis/script-answers.js";
import type { Owner } from "../registry/session-record.js";
import type { WorkerInfo } from "./worker-info.js";

/** What came of a heartbeat. `unknown`: the lease had run out, or Redis was emptied; `replaced`: another boot has the name. */
export type BeatAnswer = "renewed" | "unknown" | "replaced";

/** A worker's name and its lease, as the worker sees them. All methods reject with `REGISTRY_UNAVAILABLE`. */
export interface WorkerRegistrar {
  /** Takes the name, unless a boot on another engine holds it. */
  register(info: WorkerInfo, leaseMs: number): Promise<RegisterAnswer>;
  /** Renews the lease and tells everybody the numbers. */
  beat(info: WorkerInfo, leaseMs: number): Promise<BeatAnswer>;
  /** Gives the name up; what the registry still has on this worker is lost. */
  withdraw(owner: Owner): Promise<void>;
}

/** {@link WorkerRegistrar} in Redis. */
export class RedisWorkerRegistrar implements WorkerRegistrar {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async register(info: WorkerInfo, leaseMs: number): Promise<RegisterAnswer> {
    const args = [...this.#announcement(info, leaseMs), info.engineId];
    return registeredFrom(await this.#link.script("register-worker", this.#keys(info), args));
  }

  async beat(info: WorkerInfo, leaseMs: number): Promise<BeatAnswer> {
    const args = this.#announcement(info, leaseMs);
    return beatFrom(await this.#link.script("beat", this.#keys(info), args));
  }

  async withdraw({ workerId, registrationId }: Owner): Promise<void> {
    const { keys } = this.#link;
    await this.#link.script(
      "withdraw-worker",
      [keys.worker(workerId), keys.workers, keys.workerSessions(workerId)],
      [workerId, registrationId, keys.beats],
    );
  }

  #keys({ workerId }: WorkerInfo): string[] {
    const { keys } = this.#link;
    return [keys.worker(workerId), keys.workers, keys.epoch];
  }

  #announcement(info: WorkerInfo, leaseMs: number): (string | number)[] {
    const { keys } = this.#link;
    return [info.workerId, info.registrationId, leaseMs, JSON.stringify(info), keys.beats];
  }
}
