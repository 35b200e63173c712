import { sandboxError } from "@sandbox-system/contract";
import { defineRoute, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";
import { drainResultSchema, workerListSchema } from "../node-status.js";

/** /v1/workers: list, drain. */
export function workerRoutes({ workers, keyring }: ApiPorts): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/v1/workers",
      operationId: "listWorkers",
      tag: "Operation",
      summary: "The workers behind this server",
      answers: {
        200: { description: "All workers", content: { "application/json": workerListSchema } },
      },
      errors: [],
      handle: async () => ({ status: 200, body: { workers: await workers.list() } }),
    }),
    defineRoute({
      method: "post",
      path: "/v1/workers/{worker_id}/drain",
      operationId: "drainWorker",
      tag: "Operation",
      summary: "Take a worker out of service",
      description:
        "It refuses new sessions from now on; existing ones go on. Only a restart takes it back into service. With API_KEYS only the keys named " +
        "in ADMIN_KEY_NAMES may.",
      answers: {
        202: {
          description: "The drain has begun",
          content: { "application/json": drainResultSchema },
        },
      },
      errors: ["FORBIDDEN", "WORKER_NOT_FOUND"],
      async handle({ params }, { tenant }) {
        if (!keyring.isAdmin(tenant))
          throw sandboxError("FORBIDDEN", "This key may not drain workers (ADMIN_KEY_NAMES).");
        const workerId = params["worker_id"] ?? "";
        if (!(await workers.drain(workerId)))
          throw sandboxError(
            "WORKER_NOT_FOUND",
            "There is no such worker. GET /v1/workers lists them.",
          );
        return { status: 202, body: { worker_id: workerId, status: "draining" } };
      },
    }),
  ];
}
