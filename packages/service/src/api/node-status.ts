import { z } from "zod";
import {
  type HealthBody,
  type SandboxError,
  type WorkerBody,
  workerSchema,
} from "@sandbox-system/contract";

/** How the process itself is doing. */
export interface NodeStatus {
  /** Body of GET /health; answered with 503 when its status is `unhealthy`. */
  health(): HealthBody;
  /** Why no new work should be sent here; undefined when it should. */
  notReady(): SandboxError | undefined;
}

/** GET /v1/workers. */
export const workerListSchema = z.object({ workers: z.array(workerSchema) });

/** Answer of POST /v1/workers/{worker_id}/drain. */
export const drainResultSchema = z.object({
  worker_id: z.string(),
  status: z.literal("draining"),
});

/** The workers that this process knows: itself, or a coordinator's cluster. */
export interface Workers {
  list(): Promise<readonly WorkerBody[]>;
  /**
   * Starts a drain: the worker takes no new sessions, existing ones go on. Resolves as soon as it has begun; false when there is no such
   * worker. Idempotent.
   */
  drain(workerId: string): Promise<boolean>;
}
