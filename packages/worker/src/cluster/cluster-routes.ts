import {
  isSessionId,
  openSessionBodySchema,
  sandboxError,
  sessionSchema,
  sessionToBody,
} from "@sandbox-system/contract";
import type { SandboxService } from "@sandbox-system/sandbox";
import { defineRoute, type Route } from "@sandbox-system/service";

/** What coordinators ask of a worker beside the API. Not part of the API's description: nobody else may call it. */
export function clusterRoutes(service: Pick<SandboxService, "openSession">): Route[] {
  return [
    defineRoute({
      method: "put",
      path: "/v1/cluster/sessions/{session_id}",
      operationId: "openSession",
      tag: "Cluster",
      summary: "Make or find the session of exactly this id and generation",
      body: openSessionBodySchema,
      answers: {
        200: { description: "It was there", content: { "application/json": sessionSchema } },
        201: { description: "It was made", content: { "application/json": sessionSchema } },
      },
      errors: ["INVALID_REQUEST", "POOL_EXHAUSTED", "ENGINE_UNAVAILABLE", "DRAINING"],
      async handle({ params, body }, { tenant }) {
        const sessionId = params["session_id"] ?? "";
        if (!isSessionId(sessionId))
          throw sandboxError("INVALID_REQUEST", "The session id is not one.");
        const request = {
          userId: body.user_id,
          threadId: body.thread_id,
          timeoutMinutes: body.timeout_minutes,
          env: body.env,
          metadata: body.metadata,
        };
        const { generation, create } = body;
        const session = await service.openSession(tenant, request, {
          sessionId,
          generation,
          create,
        });
        return { status: session.status === "created" ? 201 : 200, body: sessionToBody(session) };
      },
    }),
  ];
}
