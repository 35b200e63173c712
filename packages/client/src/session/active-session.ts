import type { SessionInfo, SessionRequest } from "@sandbox-system/contract";

/**
 * A session that a client got, with what it takes to get the thread another one.
 *
 * - live: what it is made as.
 * - replaced: a call found the session gone and got another for the same request ({@link replace}); later finders get that one too.
 * - closing: the client ends it ({@link beginClosing}); it is not replaced any more, so that a command which
 *   runs into its own client's `closeSession()` does not bring the session back.
 */
export class ActiveSession {
  #replacement: Promise<ActiveSession> | undefined;
  #closing = false;

  constructor(
    readonly info: SessionInfo,
    readonly request: SessionRequest,
  ) {}

  get closing(): boolean {
    return this.#closing;
  }

  /** The session in this one's place: asked for once, however many calls find this one gone at the same time. */
  replace(create: (request: SessionRequest) => Promise<ActiveSession>): Promise<ActiveSession> {
    this.#replacement ??= create(this.request).catch((error: unknown) => {
      this.#replacement = undefined;
      throw error;
    });
    return this.#replacement;
  }

  /** Forbids replacement; resolves to the session that stands in this one's place now. */
  async beginClosing(): Promise<ActiveSession> {
    this.#closing = true;
    const replacement = await this.#replacement?.catch(() => undefined);
    return replacement === undefined ? this : replacement.beginClosing();
  }

  /** Ending it failed: it stays in use. */
  cancelClosing(): void {
    this.#closing = false;
  }
}
