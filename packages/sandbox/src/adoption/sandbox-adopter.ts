import type { Clock, Logger } from "@sandbox-system/contract";
import type { ContainerEngine } from "../engine/container-engine.js";
import { ConnectionLost } from "../execd/connection-lost.js";
import { ExecdConnection } from "../execd/execd-connection.js";
import type { AgentTransport, ReturningTransport } from "../execd/transport/agent-transport.js";
import { agentTerms } from "../sandbox/agent-terms.js";
import { releaseSandbox } from "../sandbox/release-sandbox.js";
import { Sandbox } from "../sandbox/sandbox.js";
import type { SandboxIdentity } from "../sandbox/sandbox-identity.js";
import type { LimitOptions } from "../settings/sandbox-options.js";
import { withinDeadline } from "../within-deadline.js";

/**
 * How long an agent may take to come back, milliseconds: it tries at least once a second, so that five misses mean that it is gone; callers
 * wait meanwhile.
 */
const RETURN_TIMEOUT_MS = 5_000;

const TOO_LATE = "the agent came back too late";

/** What the adopter needs. */
export interface SandboxAdopterOptions {
  readonly engine: ContainerEngine;
  readonly transports: Readonly<Record<AgentTransport["name"], AgentTransport>>;
  readonly limits: LimitOptions;
  /** Ids of the sandboxes that have an owner here; those to adopt are among them before the reaper runs. */
  readonly owned: Set<string>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Takes over sandboxes that an earlier process of this worker made. */
export class SandboxAdopter {
  readonly #removals = new Set<Promise<void>>();

  constructor(private readonly options: SandboxAdopterOptions) {}

  /**
   * Waits for the agent to come back and gives its sandbox: files and background processes as they were. Over a unix socket the engine need not
   * answer. One that does not come back is removed in the background.
   * @throws Error that says why it was not to be had; final.
   */
  async adopt(identity: SandboxIdentity): Promise<Sandbox> {
    const { transports, clock } = this.options;
    let transport: ReturningTransport | undefined;
    let greeting: Promise<ExecdConnection> | undefined;
    const release = (): Promise<void> =>
      releaseSandbox(
        { id: identity.id, containerId: identity.containerId, transport },
        this.options,
      );
    try {
      transport = await transports[identity.transport].rejoin(identity);
      greeting = this.#greetReturning(transport, identity);
      const missed = "its agent did not come back";
      const deadline = { clock, deadlineMs: RETURN_TIMEOUT_MS, missed };
      const connection = await withinDeadline(greeting, deadline);
      return new Sandbox({ identity, connection, release });
    } catch (error) {
      greeting?.then(
        (late) => late.close(new ConnectionLost(TOO_LATE)),
        () => undefined,
      );
      this.#removeLater(release);
      throw error;
    }
  }

  /** Resolves when what did not come back is removed, as far as the engine could be asked. */
  async removed(): Promise<void> {
    await Promise.all(this.#removals);
  }

  #greetReturning(
    transport: ReturningTransport,
    identity: SandboxIdentity,
  ): Promise<ExecdConnection> {
    const { clock, limits } = this.options;
    return transport.returned((stream) =>
      ExecdConnection.open(stream, {
        clock,
        greetingTimeoutMs: RETURN_TIMEOUT_MS,
        welcome: agentTerms(identity, limits),
        expectedSecret: identity.secret,
      }),
    );
  }

  /** Not awaited by who adopts: an engine that hangs must not hold up the sessions that did come back. */
  #removeLater(release: () => Promise<void>): void {
    const removal = release().finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}
