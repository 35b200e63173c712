import type { SandboxApi } from "@sandbox-system/contract";

/**
 * Lets nobody reach a session while it is not certain that it is still this worker's: a process that was paused for longer than its lease
 * waits, when it goes on, until the registry has said what has become of its sessions. `awaitLease` gives undefined while there is no doubt,
 * which costs nothing.
 */
export function guardLease<Api extends SandboxApi>(
  api: Api,
  awaitLease: () => Promise<void> | undefined,
): Api {
  return new Proxy(api, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      // Bound to the room itself: private fields are not reached by way of a proxy.
      const method = member.bind(target) as (...args: readonly unknown[]) => unknown;
      if (!GUARDED.has(name)) return method;
      return (...args: readonly unknown[]) => {
        const pending = awaitLease();
        return pending === undefined ? method(...args) : pending.then(() => method(...args));
      };
    },
  });
}

/** Everything that speaks of a session; names are checked against the port by the type. */
const GUARDED: ReadonlySet<string | symbol> = new Set([
  "getOrCreateSession",
  "getSession",
  "findSession",
  "listSessions",
  "endSession",
  "execute",
  "listFiles",
  "statFile",
  "readFile",
  "writeFile",
  "removeFile",
  "openSession",
] satisfies (keyof SandboxApi | "openSession")[]);
