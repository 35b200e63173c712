import type { Tenant } from "@sandbox-system/contract";
import type { Session } from "./session.js";

/** Which session is being made. */
export interface OpeningKey {
  readonly tenant: Tenant;
  readonly threadId: string;
  readonly sessionId: string;
  readonly generation: number;
}

/** A session that is being made. */
export interface Opening extends OpeningKey {
  /** As `SessionLifecycle.open`: callers that come meanwhile await the same one. */
  readonly session: Promise<Session>;
}

/** The sessions that are being made at this moment. At most one a thread and one an id, which its users see to. */
export class SessionOpenings {
  readonly #openings = new Set<Opening>();

  ofThread(tenant: Tenant, threadId: string): Opening | undefined {
    return this.#find((opening) => opening.tenant === tenant && opening.threadId === threadId);
  }

  ofSession(sessionId: string): Opening | undefined {
    return this.#find((opening) => opening.sessionId === sessionId);
  }

  /** Makes a session; it counts as being made until it is there or has failed. */
  async begin(key: OpeningKey, open: () => Promise<Session>): Promise<Session> {
    const opening: Opening = { ...key, session: open() };
    this.#openings.add(opening);
    try {
      return await opening.session;
    } finally {
      this.#openings.delete(opening);
    }
  }

  /** Resolves when those under way are there or have failed. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#openings].map(({ session }) => session));
  }

  #find(matches: (opening: Opening) => boolean): Opening | undefined {
    for (const opening of this.#openings) if (matches(opening)) return opening;
    return undefined;
  }
}
