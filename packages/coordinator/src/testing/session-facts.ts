import type { SessionFacts } from "@sandbox-system/cluster";
import type { SessionInfo } from "@sandbox-system/contract";

/** What a worker tells the registry of a session. */
export function factsOf(tenant: string, session: SessionInfo, generation: number): SessionFacts {
  const { sessionId, threadId, userId, createdAt, lastActivity, expiresAt } = session;
  return {
    ...{ sessionId, generation, tenant, threadId, userId },
    createdAtMs: createdAt.getTime(),
    lastActivityMs: lastActivity.getTime(),
    timeoutMs: expiresAt.getTime() - lastActivity.getTime(),
  };
}
