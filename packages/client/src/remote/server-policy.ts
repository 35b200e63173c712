import { type Clock, policyBodySchema, commandRejected } from "@sandbox-system/contract";
import { type CommandPolicy, createCommandPolicy } from "@sandbox-system/policy";
import type { HttpTransport } from "./http-transport.js";
import { routes } from "./routes.js";

/** How long the server's lists are taken for current, milliseconds: a changed configuration comes with a restart, minutes apart. */
const CURRENT_MS = 60_000;

/** Longest wait for the lists, milliseconds: they only save a round trip, and the server decides anyway. */
const PATIENCE_MS = 5_000;

/**
 * The command policy of the server, for an early refusal by the very same lists. Where the lists cannot be had, every command
 * goes to the server.
 */
export class ServerPolicy {
  readonly #transport: HttpTransport;
  readonly #clock: Clock;
  #policy: CommandPolicy | undefined;
  #refreshed: { readonly at: number; readonly done: Promise<void> } | undefined;

  constructor(transport: HttpTransport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** Gets the lists unless they are current. Never rejects. */
  refresh(): Promise<void> {
    const now = this.#clock.monotonicMs();
    if (this.#refreshed === undefined || now - this.#refreshed.at >= CURRENT_MS) {
      this.#refreshed = { at: now, done: this.#fetch() };
    }
    return this.#refreshed.done;
  }

  /** @throws SandboxError `COMMAND_REJECTED`, as the server would. */
  check(command: string): void {
    const decision = this.#policy?.check(command);
    if (decision?.allowed === false) throw commandRejected(decision);
  }

  async #fetch(): Promise<void> {
    try {
      const body = await this.#transport.json(
        { method: "GET", path: routes.policy, repetition: "repeatable", idleMs: PATIENCE_MS },
        policyBodySchema,
      );
      this.#policy = createCommandPolicy({
        mode: body.mode,
        allowedCommands: body.allowed_commands,
        forbiddenCommands: body.forbidden_commands,
        maxCommandBytes: body.max_command_bytes,
      });
    } catch {
      this.#policy = undefined;
    }
  }
}
