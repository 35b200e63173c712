import type { DirectoryEvent, KnownWorker, WorkerDirectory } from "@sandbox-system/cluster";
import type { Clock, Logger } from "@sandbox-system/contract";
import type { ClusterToken } from "@sandbox-system/cluster";
import { WorkerClient } from "../worker-client/worker-client.js";
import { WorkerBreaker } from "./worker-breaker.js";

/** The way to one worker, as long as its boot and its address stay the same. */
export interface WorkerLine {
  readonly workerId: string;
  readonly registrationId: string;
  readonly client: WorkerClient;
  readonly breaker: WorkerBreaker;
}

/** What lines are made of. */
export interface LinesOptions {
  readonly directory: WorkerDirectory;
  readonly token: ClusterToken;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where a worker is called: what it announces, or what the operator says. */
  readonly urlOf?: ((worker: KnownWorker) => string) | undefined;
  readonly requestId?: (() => string | undefined) | undefined;
}

/** The lines to the workers that are called; made when they are first needed, given up when the worker is lost or boots anew. */
export class WorkerLines {
  readonly #options: LinesOptions;
  readonly #lines = new Map<string, WorkerLine>();
  readonly #unsubscribe: () => void;

  constructor(options: LinesOptions) {
    this.#options = options;
    this.#unsubscribe = options.directory.subscribe((event) => {
      this.#heed(event);
    });
  }

  /** The line to a worker. A new boot or address gets a new one, with a closed breaker. */
  to(worker: KnownWorker): WorkerLine {
    const { workerId, registrationId } = worker.info;
    const url = this.urlOf(worker);
    const known = this.#lines.get(workerId);
    if (known?.registrationId === registrationId && known.client.url === url) return known;
    if (known !== undefined) this.#giveUp(known);
    const line = this.#connect(worker, url);
    this.#lines.set(workerId, line);
    return line;
  }

  /** Whether a worker can be called as far as is known. */
  isReachable(worker: KnownWorker): boolean {
    const known = this.#lines.get(worker.info.workerId);
    if (known?.registrationId !== worker.info.registrationId) return true;
    return known.breaker.isClosed;
  }

  /** Where a worker is called. */
  urlOf(worker: KnownWorker): string {
    return this.#options.urlOf?.(worker) ?? worker.info.url;
  }

  /** Workers whose breaker is open. */
  get openBreakers(): number {
    return [...this.#lines.values()].filter(({ breaker }) => !breaker.isClosed).length;
  }

  /** Cuts everything. */
  async close(): Promise<void> {
    this.#unsubscribe();
    const lines = [...this.#lines.values()];
    this.#lines.clear();
    for (const { breaker } of lines) breaker.dispose();
    await Promise.all(lines.map(({ client }) => client.close()));
  }

  #connect(worker: KnownWorker, url: string): WorkerLine {
    const { token, clock, logger, requestId } = this.#options;
    const { workerId, registrationId } = worker.info;
    const client = new WorkerClient({ url, token, clock, requestId });
    const breaker = new WorkerBreaker({
      clock,
      probe: () => client.identity(),
      onChange: (open) => {
        const event = open ? "worker.unreachable" : "worker.reachable";
        logger[open ? "warn" : "info"](event, { workerId, url });
      },
    });
    return { workerId, registrationId, client, breaker };
  }

  #heed(event: DirectoryEvent): void {
    if (event.kind !== "lost") return;
    const line = this.#lines.get(event.workerId);
    if (line?.registrationId !== event.registrationId) return;
    this.#lines.delete(event.workerId);
    this.#giveUp(line);
  }

  /** What is under way may end; its callers watch for the loss of the worker themselves. */
  #giveUp({ client, breaker }: WorkerLine): void {
    breaker.dispose();
    void client.retire();
  }
}
