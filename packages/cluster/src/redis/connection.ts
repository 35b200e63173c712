import { Redis, type RedisOptions } from "ioredis";
import type { ClusterOptions } from "../settings/cluster-settings.js";

/** A command that takes longer is given up: Redis answers in a millisecond, so it is away, and callers are waiting. */
export const COMMAND_TIMEOUT_MS = 1000;

/** No command waits longer than this for a connection that is being made. */
const CONNECT_TIMEOUT_MS = 2000;

/** A connection that is closed may say goodbye for so long; ioredis waits as long when it is closed already, and holds the process up. */
const DISCONNECT_TIMEOUT_MS = 200;

/** Reconnection: quick at first, at most so slow, so that all workers are back well within the settling time. */
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 500;

/** What a connection is for. `requests`: fails at once; `subscriber`: hears messages; `queues`: BullMQ's, which waits. */
export type ConnectionUse = "requests" | "subscriber" | "queues";

/** A new connection. It begins to connect when `connect()` is called, one for queues at once. `random`: 0 … 1, for jitter. */
export function createRedis(
  options: ClusterOptions,
  use: ConnectionUse,
  random: () => number,
): Redis {
  const common: RedisOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, random()),
    // After a failover the old primary answers READONLY: the connection must move.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    ...forUse(use),
  };
  const { username, password, redis } = options;
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  switch (redis.kind) {
    case "url":
      return new Redis(redis.url, common);
    case "host":
      return new Redis({ ...common, ...credentials, host: redis.host, port: redis.port });
    case "sentinels":
      return new Redis({
        ...common,
        ...credentials,
        sentinels: redis.sentinels.map(({ host, port }) => ({ host, port })),
        name: redis.name,
        sentinelRetryStrategy: (attempt) => reconnectDelayMs(attempt, random()),
      });
  }
}

function forUse(use: ConnectionUse): RedisOptions {
  // BullMQ demands that its commands wait for as long as it takes.
  // It connects at once, as BullMQ's copies of it do: one that waits to be told would be given up by BullMQ when Redis is away.
  if (use === "queues") return { maxRetriesPerRequest: null, lazyConnect: false };
  return {
    // A command is told at once that Redis is away; it is neither queued nor sent twice.
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
  };
}

/** Doubles from 50 ms to at most 500 ms, less up to a half by chance, so that a fleet does not come back all at once. */
export function reconnectDelayMs(attempt: number, chance: number): number {
  const delayMs = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.round(delayMs * (1 - chance / 2));
}
