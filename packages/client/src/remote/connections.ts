import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

/**
 * How long an idle connection is kept, milliseconds. Shorter than servers and load balancers keep theirs (60 s and more), so that none of
 * them closes a connection just as a command goes out on it, whose fate would then be unknown. Servers that announce
 * less (`Keep-Alive: timeout=`) are heeded by Node.
 */
const IDLE_CONNECTION_MS = 30_000;

const OPTIONS = { keepAlive: true, timeout: IDLE_CONNECTION_MS, scheduling: "lifo" } as const;

/** The connections of this process to sandbox servers: all clients share them. Idle ones do not keep the process alive. */
export const connections = {
  httpAgent: new HttpAgent(OPTIONS),
  httpsAgent: new HttpsAgent(OPTIONS),
} as const;
