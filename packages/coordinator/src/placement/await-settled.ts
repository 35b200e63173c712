import { isRegistrySettling } from "@sandbox-system/cluster";
import type { Clock } from "@sandbox-system/contract";

/** Longest wait for the registry to settle, milliseconds: it takes 3 s by itself. */
const PATIENCE_MS = 5000;

/** Time between two tries, milliseconds: nobody is told when it has settled. */
const RETRY_MS = 200;

/**
 * Asks the registry, and waits while it is being filled again: after its first start, or when it has come back empty. Everything else that it
 * rejects with is passed on at once.
 */
export async function awaitSettled<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const waitedMs = clock.monotonicMs() - startedMs;
      if (!isRegistrySettling(error) || waitedMs >= PATIENCE_MS) throw error;
    }
    await new Promise<void>((resolve) => clock.setTimer(RETRY_MS, resolve));
  }
}
