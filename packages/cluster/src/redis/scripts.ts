import type { Redis } from "ioredis";
import { luaScripts, type ScriptName } from "../../lua/index.cjs";
import type { ClusterKeys } from "./cluster-keys.js";
import type { RegistryRules } from "./registry-rules.js";

type DefinedCommand = (...args: (string | number)[]) => Promise<unknown>;

/** Runs a script by its name: EVALSHA, or EVAL the first time on each connection. */
export class Scripts {
  readonly #redis: Redis;
  readonly #rules: readonly (string | number)[];

  constructor(redis: Redis, keys: ClusterKeys, rules: RegistryRules) {
    this.#redis = redis;
    this.#rules = [keys.root, rules.gapMs, rules.settleMs, rules.placingMs, rules.keepEndedMs];
  }

  /** Rejects with what ioredis throws. `args` are ARGV from 6 on: the rules come first. */
  run(
    script: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[] = [],
  ): Promise<unknown> {
    const name = `sandbox:${script}`;
    const commands = this.#redis as unknown as Record<string, DefinedCommand | undefined>;
    if (commands[name] === undefined)
      this.#redis.defineCommand(name, { lua: luaScripts[script], numberOfKeys: keys.length });
    const command = commands[name];
    if (command === undefined) throw new Error(`no command ${name}`);
    return command.call(this.#redis, ...keys, ...this.#rules, ...args);
  }
}
