import { randomUUID } from "node:crypto";
import { SandboxClient } from "@sandbox-system/client";
import type { CallLedger } from "./call-ledger.js";

/** A client of a coordinator with the session of a thread of its own. */
export async function converse(serverUrl: string, threadId = `t-${randomUUID()}`) {
  const client = new SandboxClient({ mode: "remote", serverUrl });
  await client.getOrCreateSession({ userId: "e2e", threadId });
  return client;
}

/** Several of them. */
export function converseAll(serverUrl: string, count: number): Promise<SandboxClient[]> {
  return Promise.all(Array.from({ length: count }, () => converse(serverUrl)));
}

/** How many processes of that name run in the client's session. */
export async function countRunning(client: SandboxClient, program: string): Promise<number> {
  const { stdout } = await client.execute(`grep -lsx ${program} /proc/[0-9]*/comm | wc -l`);
  return Number(stdout);
}

/**
 * Conversations that go on until {@link stop}: each runs one recorded command after the other in its session. What their callers are told is
 * in the ledger.
 */
export class Load {
  #stopping = false;
  readonly #running: Promise<void>[];
  #calls = 0;
  #waiting: { count: number; done: () => void }[] = [];

  constructor(ledger: CallLedger, clients: readonly SandboxClient[]) {
    this.#running = clients.map(async (client) => {
      while (!this.#stopping) {
        await ledger.call(client);
        this.#calls += 1;
        this.#waiting = this.#waiting.filter(({ count, done }) => {
          if (this.#calls >= count) done();
          return this.#calls < count;
        });
      }
    });
  }

  /** Resolves when that many more calls have come to an end. */
  more(calls: number): Promise<void> {
    return new Promise((done) => this.#waiting.push({ count: this.#calls + calls, done }));
  }

  /** Resolves when no call is under way any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }
}
