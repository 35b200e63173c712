import type { Clock } from "@sandbox-system/contract";
import type { BeatAnswer, WorkerRegistrar } from "../membership/worker-registrar.js";
import type { WorkerInfo } from "../membership/worker-info.js";
import type { RegisterAnswer } from "../redis/script-answers.js";
import { registryUnavailable } from "../redis/registry-unavailable.js";
import type { Owner } from "../registry/session-record.js";
import type { MemorySessionRegistry } from "./memory-session-registry.js";

/** Names and leases in memory, beside a registry that knows them. */
export class MemoryWorkerRegistrar implements WorkerRegistrar {
  /** Every beat and registration that was answered, in order. */
  readonly heard: { readonly info: WorkerInfo; readonly leaseMs: number }[] = [];
  readonly #registry: MemorySessionRegistry;
  readonly #clock: Clock;
  readonly #holders = new Map<string, { readonly info: WorkerInfo; readonly untilMs: number }>();

  constructor(registry: MemorySessionRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Every lease runs out, and nothing is known of who held it. */
  forget(): void {
    for (const workerId of this.#holders.keys()) this.#registry.loseLease(workerId);
    this.#holders.clear();
  }

  async register(info: WorkerInfo, leaseMs: number): Promise<RegisterAnswer> {
    await this.#arrive();
    const holder = this.#holder(info.workerId);
    const isOther =
      holder !== undefined &&
      holder.info.registrationId !== info.registrationId &&
      holder.info.engineId !== info.engineId;
    if (isOther) {
      const leaseLeftMs = holder.untilMs - this.#clock.now();
      return { kind: "taken", leaseLeftMs, registrationId: holder.info.registrationId };
    }
    this.#hold(info, leaseMs);
    return { kind: "registered" };
  }

  async beat(info: WorkerInfo, leaseMs: number): Promise<BeatAnswer> {
    await this.#arrive();
    const holder = this.#holder(info.workerId);
    if (holder === undefined) return "unknown";
    if (holder.info.registrationId !== info.registrationId) return "replaced";
    this.#hold(info, leaseMs);
    return "renewed";
  }

  async withdraw({ workerId, registrationId }: Owner): Promise<void> {
    await this.#arrive();
    if (this.#holder(workerId)?.info.registrationId !== registrationId) return;
    this.#holders.delete(workerId);
    this.#registry.loseLease(workerId);
  }

  async #arrive(): Promise<void> {
    await Promise.resolve();
    if (!this.#registry.available) throw registryUnavailable();
  }

  #holder(workerId: string) {
    const holder = this.#holders.get(workerId);
    if (holder === undefined || this.#clock.now() < holder.untilMs) return holder;
    this.#holders.delete(workerId);
    this.#registry.loseLease(workerId);
    return undefined;
  }

  #hold(info: WorkerInfo, leaseMs: number): void {
    this.#holders.set(info.workerId, { info, untilMs: this.#clock.now() + leaseMs });
    this.#registry.register(info);
    this.heard.push({ info, leaseMs });
  }
}
