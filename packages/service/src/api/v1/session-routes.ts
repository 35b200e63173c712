import type { z } from "zod";
import {
  createSessionRequestSchema,
  listSessionsQuerySchema,
  type SessionBody,
  sessionListSchema,
  sessionSchema,
  sessionToBody,
} from "@sandbox-system/contract";
import { defineRoute, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";
import { IDEMPOTENCY_HEADER, idempotencyEntry } from "../idempotency/idempotency-key.js";
import { runOnce } from "../idempotency/run-once.js";
import { createSession } from "../operations/create-session.js";
import { CREATE_ERRORS, SESSION_ERRORS } from "../error-groups.js";
import { sessionIdOf } from "../session-id.js";

const json = (schema: z.ZodType) => ({ "application/json": schema });

/** /v1/sessions: get or create, list, show, end. */
export function sessionRoutes(ports: ApiPorts): Route[] {
  const { sandboxes } = ports;
  return [
    createRoute(ports),
    defineRoute({
      method: "get",
      path: "/v1/sessions",
      operationId: "listSessions",
      tag: "Sessions",
      summary: "List sessions, newest activity first",
      query: listSessionsQuerySchema,
      answers: { 200: { description: "A page of sessions", content: json(sessionListSchema) } },
      errors: ["INVALID_REQUEST"],
      async handle({ query }, { tenant }) {
        const page = await sandboxes.listSessions(tenant, {
          threadId: query.thread_id,
          userId: query.user_id,
          limit: query.limit,
          cursor: query.cursor,
        });
        return {
          status: 200,
          body: { sessions: page.sessions.map(sessionToBody), next_cursor: page.nextCursor },
        };
      },
    }),
    defineRoute({
      method: "get",
      path: "/v1/sessions/{session_id}",
      operationId: "getSession",
      tag: "Sessions",
      summary: "Show a session",
      description: "Does not count as activity.",
      answers: { 200: { description: "The session", content: json(sessionSchema) } },
      errors: SESSION_ERRORS,
      async handle(input, { tenant }) {
        const session = await sandboxes.getSession(tenant, sessionIdOf(input));
        return { status: 200, body: sessionToBody(session) };
      },
    }),
    defineRoute({
      method: "delete",
      path: "/v1/sessions/{session_id}",
      operationId: "endSession",
      tag: "Sessions",
      summary: "End a session",
      description: "Destroys the sandbox and its files, and frees the thread.",
      answers: { 204: { description: "The session is gone, or was before" } },
      errors: [],
      async handle(input, { tenant }) {
        await sandboxes.endSession(tenant, sessionIdOf(input));
        return { status: 204 };
      },
    }),
  ];
}

function createRoute({ sandboxes, idempotency }: ApiPorts): Route {
  return defineRoute({
    method: "post",
    path: "/v1/sessions",
    operationId: "getOrCreateSession",
    tag: "Sessions",
    summary: "Get or create the session of a thread",
    description:
      "Atomic: concurrent callers get the same session. timeout_minutes, env and metadata count only when it is created.",
    body: createSessionRequestSchema,
    headers: IDEMPOTENCY_HEADER,
    answers: {
      200: { description: "The session was there", content: json(sessionSchema) },
      201: { description: "The session was made", content: json(sessionSchema) },
    },
    errors: [...CREATE_ERRORS, "IDEMPOTENCY_CONFLICT"],
    async handle({ body }, exchange) {
      const entry = idempotencyEntry(exchange, "sessions", body);
      const { value, replayed } = await runOnce<SessionBody>(idempotency, entry, async () =>
        sessionToBody(await createSession(sandboxes, exchange.tenant, body)),
      );
      return {
        status: value.status === "created" ? 201 : 200,
        body: value,
        headers: replayed ? { "Idempotency-Replayed": "true" } : {},
      };
    },
  });
}
