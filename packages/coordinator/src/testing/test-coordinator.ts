import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import type { SessionRegistry, WorkerDirectory } from "@sandbox-system/cluster";
import { composeRouting } from "../compose-routing.js";
import { FixedToken } from "./fixed-token.js";

/** What a test may choose. */
export interface TestCoordinatorOptions {
  readonly maxHeld?: number;
}

/** The routing of one coordinator, with its clock in the test's hand. */
export class TestCoordinator {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly #routing: ReturnType<typeof composeRouting>;

  constructor(
    registry: SessionRegistry,
    directory: WorkerDirectory,
    options: TestCoordinatorOptions = {},
  ) {
    const { clock, logger } = this;
    this.#routing = composeRouting({
      cluster: { registry, directory, token: new FixedToken() },
      addresses: { urlOf: () => undefined },
      ...{ clock, logger, random: () => 0.5, ...options },
    });
  }

  get sandboxes() {
    return this.#routing.sandboxes;
  }

  get sessions() {
    return this.#routing.sessions;
  }

  get cache() {
    return this.#routing.cache;
  }

  get counters() {
    return this.#routing.calls;
  }

  get placements() {
    return this.#routing.placements;
  }

  get lines() {
    return this.#routing.lines;
  }

  get holds() {
    return this.#routing.holds;
  }

  get caller() {
    return this.#routing.caller;
  }

  async close(): Promise<void> {
    this.#routing.events.close();
    await this.#routing.lines.close();
  }
}
