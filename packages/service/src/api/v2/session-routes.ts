import {
  sandboxError,
  sessionSchema,
  sessionToBody,
  v2CleanupResultSchema,
  v2CleanupSchema,
  v2CreateSessionSchema,
  v2GetSessionQuerySchema,
  v2StatusSchema,
  type SandboxApi,
} from "@sandbox-system/contract";
import { defineRoute, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";
import { BODY_ERRORS, CREATE_ERRORS, SESSION_ERRORS } from "../error-groups.js";
import { createSession } from "../operations/create-session.js";
import { sessionIdOf } from "../session-id.js";

/** /get_session, /create_session, /cleanup and /status of the earlier system. */
export function v2SessionRoutes({ sandboxes }: ApiPorts): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/get_session",
      operationId: "v2GetSession",
      tag: "V2",
      summary: "The session of a thread",
      query: v2GetSessionQuerySchema,
      answers: {
        200: { description: "The session", content: { "application/json": sessionSchema } },
      },
      errors: ["INVALID_REQUEST", "SESSION_NOT_FOUND"],
      async handle({ query }, { tenant }) {
        const session = await sandboxes.findSession(tenant, query.thread_id);
        if (session === undefined)
          throw sandboxError("SESSION_NOT_FOUND", "This thread has no session.");
        return { status: 200, body: sessionToBody(session) };
      },
    }),
    defineRoute({
      method: "post",
      path: "/create_session",
      operationId: "v2CreateSession",
      tag: "V2",
      summary: "Get or create the session of a thread",
      body: v2CreateSessionSchema,
      answers: {
        200: {
          description: "The session; status says whether it was made",
          content: { "application/json": sessionSchema },
        },
      },
      errors: [...BODY_ERRORS, ...CREATE_ERRORS],
      async handle({ body }, { tenant }) {
        const session = await createSession(sandboxes, tenant, body);
        return { status: 200, body: sessionToBody(session) };
      },
    }),
    defineRoute({
      method: "post",
      path: "/cleanup",
      operationId: "v2Cleanup",
      tag: "V2",
      summary: "End a session",
      body: v2CleanupSchema,
      answers: {
        200: {
          description: "The session is gone, or was before",
          content: { "application/json": v2CleanupResultSchema },
        },
      },
      errors: BODY_ERRORS,
      async handle({ body }, { tenant }) {
        await sandboxes.endSession(tenant, body.session_id);
        return { status: 200, body: { status: "cleaned_up", session_id: body.session_id } };
      },
    }),
    statusRoute(sandboxes),
  ];
}

function statusRoute(sandboxes: SandboxApi): Route {
  return defineRoute({
    method: "get",
    path: "/status/{session_id}",
    operationId: "v2Status",
    tag: "V2",
    summary: "Whether a session is alive, and where",
    answers: {
      200: { description: "It is", content: { "application/json": v2StatusSchema } },
    },
    errors: SESSION_ERRORS,
    async handle(input, { tenant }) {
      const session = await sandboxes.getSession(tenant, sessionIdOf(input));
      return {
        status: 200,
        body: {
          status: "active",
          worker: session.workerId,
          created_at: session.createdAt.toISOString(),
          last_activity: session.lastActivity.toISOString(),
        },
      };
    },
  });
}
