import { z } from "zod";

/** `healthy`: all well. `degraded`: serves, but something is amiss. `unhealthy`: cannot serve; answered with 503. */
export const healthStatusSchema = z.enum(["healthy", "degraded", "unhealthy"]);

/** {@link healthStatusSchema} as a type. */
export type HealthStatus = z.infer<typeof healthStatusSchema>;

/** Counts of the warm pool. */
export const poolHealthSchema = z.object({
  available: z.int().min(0).describe("Warm sandboxes, ready to be claimed"),
  allocated: z.int().min(0).describe("Sandboxes that serve a session"),
  total: z.int().min(0).describe("All, those being made included"),
  max_capacity: z.int().min(0),
});

/** {@link poolHealthSchema} as a type. */
export type PoolHealthBody = z.infer<typeof poolHealthSchema>;

/**
 * `active`: takes new sessions. `draining`: finishes what it has. `unavailable`: cannot reach its engine. In a cluster also `starting`,
 * `restarting` (its sessions wait for its successor) and `unreachable` (it lives, but does not answer this coordinator).
 */
export const workerStatusSchema = z.enum([
  "active",
  "draining",
  "unavailable",
  "starting",
  "restarting",
  "unreachable",
]);

/** {@link workerStatusSchema} as a type. */
export type WorkerStatusName = z.infer<typeof workerStatusSchema>;

/** A worker, as GET /v1/workers and a coordinator's GET /health show it. */
export const workerSchema = z.object({
  worker_id: z.string(),
  status: workerStatusSchema,
  pool: poolHealthSchema,
  active_sessions: z.int().min(0),
  uptime_seconds: z.number().min(0),
  version: z.string(),
  url: z.string().optional().describe("Where the coordinator reaches it"),
  last_heartbeat: z.iso.datetime().optional(),
  cpu_load: z.number().optional().describe("Load average by cores"),
  memory_load: z.number().optional().describe("Memory in use, 0 … 1"),
});

/** {@link workerSchema} as a type. */
export type WorkerBody = z.infer<typeof workerSchema>;

/** GET /health. */
export const healthSchema = z.object({
  status: healthStatusSchema,
  worker_id: z.string(),
  pool: poolHealthSchema,
  active_sessions: z.int().min(0),
  uptime_seconds: z.number().min(0),
  redis_connected: z.boolean().describe("false as well when no Redis is configured"),
  version: z.string(),
  warnings: z.array(z.string()).describe("What is amiss or missing, a sentence each"),
  workers: z.array(workerSchema).optional().describe("Of a coordinator: its workers"),
});

/** {@link healthSchema} as a type. */
export type HealthBody = z.infer<typeof healthSchema>;
