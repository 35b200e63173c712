import type { SessionFacts } from "../registry/session-record.js";

/** A session of a thread of its own, used a moment ago with a long timeout, unless the test says otherwise. */
export function sessionFacts(sessionId: string, more: Partial<SessionFacts> = {}): SessionFacts {
  return {
    sessionId,
    generation: 1,
    tenant: "acme",
    threadId: `thread-of-${sessionId}`,
    userId: "u",
    createdAtMs: 1000,
    lastActivityMs: 2000,
    timeoutMs: 1_800_000,
    ...more,
  };
}
