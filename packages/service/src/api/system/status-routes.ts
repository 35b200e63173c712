import { z } from "zod";
import { healthSchema, policyBodySchema } from "@sandbox-system/contract";
import { defineRoute, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";

/** Body of GET /ready when it is. */
const readySchema = z.object({ status: z.literal("ready") });

/** /health, /ready, /metrics and /v1/policy. */
export function statusRoutes({ status, metrics, policy }: ApiPorts): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/health",
      operationId: "health",
      tag: "Operation",
      summary: "How the server is doing",
      open: true,
      answers: {
        200: { description: "It serves", content: { "application/json": healthSchema } },
        503: {
          description: "It cannot serve; warnings say why",
          content: { "application/json": healthSchema },
        },
      },
      errors: [],
      handle() {
        const body = status.health();
        return { status: body.status === "unhealthy" ? 503 : 200, body };
      },
    }),
    defineRoute({
      method: "get",
      path: "/ready",
      operationId: "ready",
      tag: "Operation",
      summary: "Whether new work should be sent here",
      open: true,
      answers: { 200: { description: "Yes", content: { "application/json": readySchema } } },
      errors: ["ENGINE_UNAVAILABLE", "REGISTRY_UNAVAILABLE", "NO_WORKERS_AVAILABLE", "DRAINING"],
      handle() {
        const reason = status.notReady();
        if (reason !== undefined) throw reason;
        return { status: 200, body: { status: "ready" } };
      },
    }),
    defineRoute({
      method: "get",
      path: "/metrics",
      operationId: "metrics",
      tag: "Operation",
      summary: "Numbers for Prometheus",
      answers: { 200: { description: "Text format", content: { "text/plain": "text" } } },
      errors: [],
      async handle(_input, { res }) {
        const text = await metrics.render();
        res.setHeader("Content-Type", metrics.contentType);
        res.end(text);
        return undefined;
      },
    }),
    defineRoute({
      method: "get",
      path: "/v1/policy",
      operationId: "commandPolicy",
      tag: "Commands",
      summary: "The command policy that this server decides by",
      answers: {
        200: { description: "The lists", content: { "application/json": policyBodySchema } },
      },
      errors: [],
      handle: async () => ({ status: 200, body: await policy() }),
    }),
  ];
}
