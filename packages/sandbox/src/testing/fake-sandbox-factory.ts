import { newSandboxId } from "@sandbox-system/contract";
import { ConnectionLost } from "../execd/connection-lost.js";
import { Sandbox } from "../sandbox/sandbox.js";
import type { FakeAgent } from "./fake-agent.js";
import { openConnection } from "./open-connection.js";

/** A sandbox without a container, and its strings. */
export interface FakeSandbox {
  readonly sandbox: Sandbox;
  readonly agent: FakeAgent;
  /** Its connection ends, as when its container is killed. */
  die(): void;
  /** It no longer answers pings. */
  playDead(): void;
}

/** Makes real {@link Sandbox} objects over fake agents; creations and removals can be held back, and made to fail. */
export class FakeSandboxFactory {
  readonly made: FakeSandbox[] = [];
  attempts = 0;
  creating = 0;
  mostCreating = 0;
  /** Called with each new agent, to script it. */
  onAgent: (agent: FakeAgent) => void = () => undefined;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  #failure: unknown;
  readonly #releases = new Map<string, Promise<void>>();

  get created(): number {
    return this.made.length;
  }

  /** Creations wait from now on. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Creations go on. */
  letGo(): void {
    this.#open();
    this.#gate = Promise.resolve();
  }

  /** Creations fail from now on; undefined: they succeed again. */
  failWith(error: unknown): void {
    this.#failure = error;
  }

  /** A sandbox's removal waits until the returned function is called. */
  holdRelease(sandbox: Sandbox): () => void {
    let open!: () => void;
    this.#releases.set(
      sandbox.id,
      new Promise<void>((resolve) => {
        open = resolve;
      }),
    );
    return open;
  }

  async create(): Promise<Sandbox> {
    this.attempts += 1;
    this.creating += 1;
    this.mostCreating = Math.max(this.mostCreating, this.creating);
    try {
      await this.#gate;
      if (this.#failure !== undefined) throw this.#failure;
      return await this.#make();
    } finally {
      this.creating -= 1;
    }
  }

  async #make(): Promise<Sandbox> {
    const { connection, agent, clock } = await openConnection();
    const id = newSandboxId();
    const sandbox = new Sandbox({
      identity: {
        id,
        containerId: `container-of-${id}`,
        transport: "unix",
        secret: Buffer.alloc(32, 1),
        workspaceDir: "/workspace",
        user: "sandboxuser",
      },
      connection,
      release: () => this.#releases.get(id) ?? Promise.resolve(),
    });
    this.made.push({
      sandbox,
      agent,
      die: () => {
        connection.close(new ConnectionLost("the container was killed"));
      },
      playDead: () => {
        agent.answersPings = false;
        // The health check's patience ends at once.
        agent.onFrame = () => {
          clock.advance(10_000);
        };
      },
    });
    this.onAgent(agent);
    return sandbox;
  }
}
