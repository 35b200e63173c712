import { absenceError } from "@sandbox-system/contract";
import type { SessionFence, SessionRegistry } from "@sandbox-system/cluster";

/**
 * What is done about a session whose worker's lease seems to have run out. Resolves when the worker lives after all. Rejects with
 * `SESSION_LOST`; with `SESSION_NOT_FOUND` when the registry has something else on the session, which is then to be asked for; and with
 * `REGISTRY_UNAVAILABLE`.
 */
export async function declareLost(
  registry: SessionRegistry,
  { sessionId, generation }: SessionFence,
): Promise<undefined> {
  switch (await registry.declareLost({ sessionId, generation })) {
    case "lost":
      throw absenceError("lost");
    case "not-current":
      throw absenceError(undefined);
    case "worker-alive":
      return undefined;
  }
}
