import { z } from "zod";
import { poolHealthSchema } from "@sandbox-system/contract";

/**
 * What a worker says of itself.
 *
 * - `starting`: registered; takes its predecessor's sandboxes over.
 * - `active`: takes new sessions.
 * - `draining`: serves the sessions it has and takes no new ones.
 * - `restarting`: has stopped, and left its sessions for a successor, which is expected within its lease.
 * - `unavailable`: cannot reach its engine.
 */
export const workerStateSchema = z.enum([
  "starting",
  "active",
  "draining",
  "restarting",
  "unavailable",
]);

/** {@link workerStateSchema} as a type. */
export type WorkerState = z.infer<typeof workerStateSchema>;

/** A worker's registration and its load, as every heartbeat carries them. */
export const workerInfoSchema = z.object({
  workerId: z.string(),
  registrationId: z.string(),
  /** Where coordinators reach it, without a trailing slash. */
  url: z.string(),
  /** The container engine's own id: two workers of one name on two engines are a mistake, on one engine a restart. */
  engineId: z.string(),
  state: workerStateSchema,
  pool: poolHealthSchema,
  /** Warm sandboxes that the worker keeps now, and the least it may keep. */
  poolTarget: z.number(),
  poolMin: z.number(),
  activeSessions: z.number(),
  /** Sandboxes handed to sessions since the worker started: a counter. */
  claims: z.number(),
  /** How long a creation takes, milliseconds, weighted towards the recent ones; null: none yet. */
  createMs: z.number().nullable(),
  /** Load of the machine, 0 … 1: CPU (load average by cores, may pass 1), memory in use. */
  cpuLoad: z.number(),
  memoryLoad: z.number(),
  /** Largest file that it takes, bytes. */
  maxFileBytes: z.number(),
  /** Milliseconds since the epoch. */
  startedAtMs: z.number(),
  version: z.string(),
});

/** {@link workerInfoSchema} as a type. */
export type WorkerInfo = Readonly<z.infer<typeof workerInfoSchema>>;
