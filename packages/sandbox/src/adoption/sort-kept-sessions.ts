import type { KeptSession } from "./kept-session.js";

/** State files by what is to become of them. */
export interface SortedKeptSessions {
  readonly current: readonly KeptSession[];
  /** Another one took the place of these, and the process died before it had removed their files. */
  readonly superseded: readonly KeptSession[];
}

/** Of several that name one session the highest generation counts; of several that name one thread, the youngest. */
export function sortKeptSessions(kept: readonly KeptSession[]): SortedKeptSessions {
  const bySession = latest(kept, {
    name: ({ session }) => session.id,
    rank: ({ session }) => session.generation,
  });
  const current = latest(bySession, {
    name: ({ session }) => `${session.tenant}\u0000${session.threadId}`,
    rank: ({ session }) => session.createdAtMs,
  });
  return { current, superseded: kept.filter((entry) => !current.includes(entry)) };
}

function latest(
  entries: readonly KeptSession[],
  by: { name: (entry: KeptSession) => string; rank: (entry: KeptSession) => number },
): KeptSession[] {
  const best = new Map<string, KeptSession>();
  for (const entry of entries) {
    const rival = best.get(by.name(entry));
    if (rival === undefined || by.rank(entry) > by.rank(rival)) best.set(by.name(entry), entry);
  }
  return [...best.values()];
}
