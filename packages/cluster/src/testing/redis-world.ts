import { silentLogger, systemClock } from "@sandbox-system/contract";
import type { RegistryWorld } from "../conformance/session-registry-suite.js";
import { RedisLink } from "../redis/redis-link.js";
import { RedisSessionRegistry } from "../registry/redis-session-registry.js";
import { testClusterOptions } from "./cluster-options.js";
import type { RedisServer } from "./redis-server.js";

/** The registry in a real Redis, under a prefix of its own, with powers over it. */
export class RedisRegistryWorld implements RegistryWorld {
  readonly registry: RedisSessionRegistry;
  readonly link: RedisLink;

  constructor(
    private readonly server: RedisServer,
    keyPrefix: string,
  ) {
    const options = testClusterOptions(server.url, { keyPrefix });
    this.link = new RedisLink({
      ...{ options, use: "requests", logger: silentLogger, clock: systemClock },
      random: () => 0.5,
    });
    this.registry = new RedisSessionRegistry(this.link);
  }

  /** Resolves when it is connected and settled. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.link.onUp(resolve);
      this.link.open();
    });
    await this.settle();
  }

  close(): void {
    this.link.close();
  }

  async now(): Promise<number> {
    const [seconds, microseconds] = await this.server.admin.time();
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  async register(owner: { workerId: string; registrationId: string }): Promise<void> {
    const { keys } = this.link;
    await this.server.admin.set(keys.worker(owner.workerId), JSON.stringify(owner));
    await this.server.admin.zadd(keys.workers, await this.now(), owner.workerId);
  }

  async loseLease(workerId: string): Promise<void> {
    await this.server.admin.del(this.link.keys.worker(workerId));
  }

  async empty(): Promise<void> {
    await this.server.admin.flushall();
  }

  async settle(): Promise<void> {
    const now = await this.now();
    await this.server.admin.hset(this.link.keys.epoch, { heardAt: now, settledAt: now });
  }

  async agePlacement(sessionId: string): Promise<void> {
    await this.server.admin.zadd(this.link.keys.placing, 0, sessionId);
  }
}
