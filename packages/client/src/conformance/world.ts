import { afterAll, afterEach, beforeAll, it, expect } from "@jest/globals";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { BatchSandboxClient } from "../batch-sandbox-client.js";
import { SandboxClient } from "../sandbox-client.js";
import type { ConformanceTarget, RunningTarget } from "./conformance-target.js";

const run = promisify(execFile);

/** Settings of every target: a whole core, so that the suite is not about waiting, and sweeps that come soon. */
const USUAL_SETTINGS = {
  POOL_SIZE: "2",
  MIN_POOL_SIZE: "0",
  CPU_QUOTA: "100000",
  CLEANUP_INTERVAL_SECONDS: "1",
} as const;

/** A target that is up for the tests of a `describe` block, and what they make in it. */
export class World {
  readonly #clients: SandboxClient[] = [];
  readonly #workers = new Set<string>();
  #target: RunningTarget | undefined;

  /**
   * Declares a world for the `describe` block around: up before its first test, its clients closed after each test, and down
   * after the last one, which sees to it that no container is left.
   */
  static of(target: ConformanceTarget, settings: Readonly<Record<string, string>> = {}): World {
    const world = new World();
    beforeAll(async () => {
      world.#target = await target.start({ ...USUAL_SETTINGS, ...settings });
    });
    afterEach(() => world.closeClients());
    afterAll(() => world.#down());
    return world;
  }

  /** The last test of a block: nothing outlives the target. */
  leavesNothingBehind(): void {
    it("leaves no container behind", async () => {
      await this.#down();
      expect(this.#workers.size).toBeGreaterThan(0);
      expect(await this.#containers()).toEqual([]);
    });
  }

  /** A new client, closed after the test. */
  client(): SandboxClient {
    const client = new SandboxClient(this.#running().clientOptions);
    this.#clients.push(client);
    return client;
  }

  /** A new client with a session for a thread of its own. */
  async clientWithSession(
    request: { timeoutMinutes?: number; env?: Record<string, string> } = {},
  ): Promise<SandboxClient> {
    const client = this.client();
    const { workerId } = await client.getOrCreateSession({ ...this.thread(), ...request });
    this.#workers.add(workerId);
    return client;
  }

  /** A new batch client; the test closes it. */
  batchClient(): BatchSandboxClient {
    return new BatchSandboxClient(this.#running().clientOptions);
  }

  /** A thread that nobody else uses. */
  thread(): { userId: string; threadId: string } {
    return { userId: "conformance", threadId: `thread-${randomUUID()}` };
  }

  /** Closes the clients made so far. */
  async closeClients(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }

  #running(): RunningTarget {
    if (this.#target === undefined) throw new Error("the target is not up");
    return this.#target;
  }

  async #down(): Promise<void> {
    await this.closeClients();
    await this.#target?.stop();
    this.#target = undefined;
  }

  async #containers(): Promise<string[]> {
    const filters = [...this.#workers].map((id) => `label=sandbox.worker=${id}`);
    const lists = filters.map((filter) => run("docker", ["ps", "-aq", "--filter", filter]));
    const texts = await Promise.all(lists);
    return texts.flatMap(({ stdout }) => stdout.split("\n").filter((id) => id !== ""));
  }
}
