import { workerSchema } from "@sandbox-system/contract";

/** The name of the only worker in an answer to GET /v1/workers; undefined when there is not exactly one. */
export function onlyWorkerOf(answer: unknown): string | undefined {
  const { workers } = (answer ?? {}) as { workers?: unknown };
  if (!Array.isArray(workers) || workers.length !== 1) return undefined;
  return workerSchema.safeParse(workers[0]).data?.worker_id;
}
