import type { SessionActivity } from "../registry/session-registry.js";
import type { SessionFacts } from "../registry/session-record.js";

/** Remembers which activity the registry knows of, so that only what has changed is sent. */
export class ActivityJournal {
  #known = new Map<string, number>();

  /** Activity that the registry has not been told of. */
  changes(sessions: readonly SessionFacts[]): readonly SessionActivity[] {
    return sessions
      .filter(({ sessionId, lastActivityMs }) => this.#known.get(sessionId) !== lastActivityMs)
      .map(({ sessionId, generation, lastActivityMs }) => ({
        sessionId,
        generation,
        lastActivityMs,
      }));
  }

  /** The registry knows this much of these sessions, which are all there are. */
  note(sessions: readonly SessionFacts[]): void {
    this.#known = new Map(
      sessions.map(({ sessionId, lastActivityMs }) => [sessionId, lastActivityMs]),
    );
  }
}
