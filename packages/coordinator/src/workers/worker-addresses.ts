import type { DirectoryEvent, KnownWorker, WorkerDirectory } from "@sandbox-system/cluster";
import type { Clock, Logger, Timer } from "@sandbox-system/contract";

/** First and longest wait before an address is asked again, milliseconds. */
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 15_000;

/** What addresses are made of. */
export interface WorkerAddressesParts {
  /** Where the operator says that workers are reached from here, without trailing slashes. */
  readonly urls: readonly string[];
  readonly directory: WorkerDirectory;
  /** The name of the worker at an address; undefined: no single worker. Rejects when nothing usable answers. */
  readonly identify: (url: string) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One address of the operator's, and what was found there. */
interface Address {
  readonly url: string;
  /** The worker that answered last. */
  workerId: string | undefined;
  /** Its boot, as the directory knew it then. */
  registrationId: string | undefined;
  /** Whether the last question was answered. */
  answers: boolean;
  waitMs: number;
  timer: Timer | undefined;
}

/**
 * The addresses in WORKERS: a worker that is found at one of them is called there rather than at the address that it announces, which may mean
 * nothing from here. Each is asked whose it is until it is known and registered, and again when its worker boots anew or is lost.
 */
export class WorkerAddresses {
  readonly #parts: WorkerAddressesParts;
  readonly #addresses: readonly Address[];
  #unsubscribe: (() => void) | undefined;

  constructor(parts: WorkerAddressesParts) {
    this.#parts = parts;
    this.#addresses = parts.urls.map((url) => ({
      url,
      ...{ workerId: undefined, registrationId: undefined, timer: undefined },
      ...{ answers: true, waitMs: FIRST_WAIT_MS },
    }));
  }

  /** Begins to ask, until {@link stop}. */
  start(): void {
    this.#unsubscribe = this.#parts.directory.subscribe((event) => {
      this.#heed(event);
    });
    for (const address of this.#addresses) void this.#ask(address);
  }

  /** Where the operator says that the worker is reached; undefined: nothing is said. */
  urlOf({ info }: KnownWorker): string | undefined {
    return this.#addresses.find(({ workerId }) => workerId === info.workerId)?.url;
  }

  /** What is amiss with the addresses, a sentence each. */
  warnings(): string[] {
    return this.#addresses.flatMap((address) => {
      if (!address.answers) return [`WORKERS: no worker answers at ${address.url}.`];
      if (address.workerId === undefined || this.#isRegistered(address)) return [];
      return [
        `WORKERS: ${address.workerId} at ${address.url} is not registered. Does it use the same Redis?`,
      ];
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const { timer } of this.#addresses) timer?.cancel();
  }

  async #ask(address: Address): Promise<void> {
    const { directory, logger, identify } = this.#parts;
    address.timer?.cancel();
    try {
      const workerId = await identify(address.url);
      address.answers = workerId !== undefined;
      if (workerId !== undefined) {
        if (address.workerId !== workerId)
          logger.info("worker.address", { workerId, url: address.url });
        address.workerId = workerId;
        address.registrationId = directory.find(workerId)?.info.registrationId;
      }
    } catch {
      // Told by /health; a worker that was found here before is still called here.
      address.answers = false;
    }
    if (address.answers && this.#isRegistered(address)) address.waitMs = FIRST_WAIT_MS;
    else this.#askLater(address);
  }

  #askLater(address: Address): void {
    if (this.#unsubscribe === undefined) return;
    address.timer?.cancel();
    address.timer = this.#parts.clock.setTimer(address.waitMs, () => void this.#ask(address));
    address.waitMs = Math.min(2 * address.waitMs, LAST_WAIT_MS);
  }

  #isRegistered({ workerId }: Address): boolean {
    return workerId !== undefined && this.#parts.directory.find(workerId) !== undefined;
  }

  #heed(event: DirectoryEvent): void {
    if (event.kind === "beat") return;
    const { workerId, registrationId } = event.kind === "lost" ? event : event.worker.info;
    for (const address of this.#addresses) {
      const isNews = event.kind === "lost" || address.registrationId !== registrationId;
      // A worker that is new to the directory may be the one that an address waits for.
      const concerns = address.workerId === workerId || address.workerId === undefined;
      if (isNews && concerns) void this.#ask(address);
    }
  }
}
