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
});

/** {@link healthSchema} as a type. */
export type HealthBody = z.infer<typeof healthSchema>;
