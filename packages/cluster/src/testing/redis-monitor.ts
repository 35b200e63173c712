import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Redis } from "ioredis";

/** Hears every command that clients send to a Redis server; what scripts call inside is not theirs. */
export class RedisMonitor {
  readonly #commands: string[] = [];
  readonly #admin: Redis;
  readonly #monitor: Redis;

  private constructor(admin: Redis, monitor: Redis) {
    this.#admin = admin;
    this.#monitor = monitor;
    monitor.on("monitor", (_time: string, args: readonly string[], source: string) => {
      if (source !== "lua") this.#commands.push(args.join(" "));
    });
  }

  /** Begins to listen. */
  static async start(admin: Redis): Promise<RedisMonitor> {
    return new RedisMonitor(admin, await admin.monitor());
  }

  /** The commands that were sent from the start until now, each with its arguments, in the order in which Redis ran them. */
  async stop(): Promise<readonly string[]> {
    const end = `echo ${randomUUID()}`;
    await this.#admin.call(...(end.split(" ") as [string, string]));
    while (!this.#commands.includes(end)) await once(this.#monitor, "monitor");
    this.#monitor.disconnect();
    return this.#commands.slice(0, this.#commands.indexOf(end));
  }
}
