import type { ExecdConnection } from "../execd/execd-connection.js";
import type { SandboxIdentity } from "./sandbox-identity.js";
import { SANDBOX_TRANSITIONS, type SandboxState } from "./sandbox-state.js";

/** What a sandbox is made of. */
export interface SandboxParts {
  readonly identity: SandboxIdentity;
  readonly connection: ExecdConnection;
  /** Removes container, volume and socket. Called at most once. */
  readonly release: () => Promise<void>;
}

/** How long a warm sandbox may take to prove that it lives, milliseconds: a thousand times what it needs. */
const HEALTH_CHECK_TIMEOUT_MS = 2000;

/** One running container with its agent. Serves at most one session in its life; see {@link SandboxState}. */
export class Sandbox {
  #state: SandboxState = "warm";
  #destruction: Promise<void> | undefined;

  constructor(private readonly parts: SandboxParts) {}

  get id(): string {
    return this.parts.identity.id;
  }

  /** What a successor process needs to adopt it. */
  get identity(): SandboxIdentity {
    return this.parts.identity;
  }

  get state(): SandboxState {
    return this.#state;
  }

  get connection(): ExecdConnection {
    return this.parts.connection;
  }

  /** Hands it to a session. */
  claim(): void {
    this.#enter("claimed");
  }

  /** Whether its agent answers. */
  async isHealthy(): Promise<boolean> {
    try {
      await this.parts.connection.ping(HEALTH_CHECK_TIMEOUT_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** Calls `listener` once when the agent can no longer be reached, whoever caused it. */
  onLost(listener: (reason: Error) => void): void {
    this.parts.connection.onClosed(listener);
  }

  /**
   * Lets go of it without ending it: the connection closes, the agent keeps files and background processes and waits for the next process of
   * this worker. Operations under way end with `reason`. Nothing happens when it is being destroyed.
   */
  handOver(reason: Error): void {
    if (this.#state !== "claimed") return;
    this.#enter("handed-over");
    this.parts.connection.close(reason);
  }

  /**
   * Ends everything that runs in it and removes it; resolves when it is gone. Operations under way end with `reason`. Idempotent; one that
   * was handed over is left alone. Never rejects: what the engine could not remove is left to the reaper.
   */
  destroy(reason: Error): Promise<void> {
    if (this.#state === "handed-over") return Promise.resolve();
    this.#destruction ??= this.#destroy(reason);
    return this.#destruction;
  }

  async #destroy(reason: Error): Promise<void> {
    this.#enter("destroying");
    // Closing calls listeners, which ask for the destruction again: it must be known by then.
    await Promise.resolve();
    this.parts.connection.shutdown();
    this.parts.connection.close(reason);
    await this.parts.release();
    this.#enter("destroyed");
  }

  #enter(next: SandboxState): void {
    if (!SANDBOX_TRANSITIONS[this.#state].includes(next)) {
      throw new Error(`sandbox ${this.id} cannot go from ${this.#state} to ${next}`);
    }
    this.#state = next;
  }
}
