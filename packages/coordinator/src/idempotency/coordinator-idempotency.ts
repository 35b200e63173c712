import type { IdempotencyStore } from "@sandbox-system/contract";
import { isRegistryAway } from "../routing/route-errors.js";

/** Scope of the keys of session creation; every other scope is a session. */
const SESSIONS = "sessions";

/**
 * Who remembers what: creations of sessions are remembered by the store that coordinators share; commands by the worker that runs them, to which
 * their key travels. While the shared store is away a creation is simply made, because it joins the session that there is.
 */
export function createCoordinatorIdempotency(shared: IdempotencyStore): IdempotencyStore {
  return {
    async once(entry, call) {
      const make = async () => ({ outcome: (await call()).outcome, replayed: false });
      if (entry.scope !== SESSIONS) return make();
      try {
        return await shared.once(entry, call);
      } catch (error) {
        // The store says so before the call is made, never after.
        if (isRegistryAway(error)) return make();
        throw error;
      }
    },
  };
}
