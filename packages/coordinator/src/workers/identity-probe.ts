import type { ClusterToken } from "@sandbox-system/cluster";
import type { Clock } from "@sandbox-system/contract";
import { WorkerClient } from "../worker-client/worker-client.js";

/** Asks addresses which worker is there. */
export class IdentityProbe {
  readonly #token: ClusterToken;
  readonly #clock: Clock;
  readonly #clients = new Map<string, WorkerClient>();

  constructor(token: ClusterToken, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  /** The name of the worker at `url`; undefined: no single worker. Rejects when nothing usable answers. */
  readonly identify = (url: string): Promise<string | undefined> => {
    const known = this.#clients.get(url);
    const client = known ?? new WorkerClient({ url, token: this.#token, clock: this.#clock });
    this.#clients.set(url, client);
    return client.identity();
  };

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}
