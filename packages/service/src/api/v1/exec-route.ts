import {
  type ExecBody,
  type ExecHooks,
  execRequestSchema,
  type ExecResultBody,
  execResultSchema,
  execResultToBody,
  type ExecRequest,
} from "@sandbox-system/contract";
import { type Answer, defineRoute, type Exchange, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";
import { BODY_ERRORS, EXEC_ERRORS } from "../error-groups.js";
import { IDEMPOTENCY_HEADER, idempotencyEntry } from "../idempotency/idempotency-key.js";
import { runOnce } from "../idempotency/run-once.js";
import { abortWhenGone, runCommand } from "../operations/run-command.js";
import { sessionIdOf } from "../session-id.js";
import type { ExecCall } from "./exec-call.js";
import { streamCommand } from "./stream-command.js";

const DESCRIPTION = `Runs \`bash -c command\` in the workspace. A command that fails, is killed or times out answers 200: see exit_code.

With \`Accept: text/event-stream\` the answer is a stream: events \`stdout\` and \`stderr\` (\`{data, encoding}\`) as the output comes, then exactly one \`exit\` (the result without the streamed text) or \`error\` (an error body). Comments keep the connection alive. What is known before the command prints anything, such as a rejected command or an unknown session, may be answered with its status and an error body instead.

Closing the connection kills the command, unless it was sent with an Idempotency-Key and without event-stream: then it runs on, and the same call again gets its result.`;

/** POST /v1/sessions/{session_id}/exec. */
export function execRoute(ports: ApiPorts): Route {
  return defineRoute({
    method: "post",
    path: "/v1/sessions/{session_id}/exec",
    operationId: "execute",
    tag: "Commands",
    summary: "Run a command",
    description: DESCRIPTION,
    body: execRequestSchema,
    headers: {
      ...IDEMPOTENCY_HEADER,
      Accept: "text/event-stream streams the output; anything else gets JSON",
    },
    answers: {
      200: {
        description: "What the command came to",
        content: { "application/json": execResultSchema, "text/event-stream": "text" },
      },
    },
    errors: [...BODY_ERRORS, ...EXEC_ERRORS, "IDEMPOTENCY_CONFLICT"],
    handle(input, exchange) {
      const sessionId = sessionIdOf(input);
      const entry = idempotencyEntry(exchange, sessionId, input.body);
      const call = { sessionId, entry, request: execRequestOf(input.body) };
      return wantsEventStream(exchange)
        ? streamCommand(ports, call, exchange)
        : answerJson(ports, call, exchange);
    },
  });
}

async function answerJson(ports: ApiPorts, call: ExecCall, exchange: Exchange): Promise<Answer> {
  const { sessionId, entry, request } = call;
  const { tenant, res } = exchange;
  const recall = { happened: false };
  const hooks: ExecHooks =
    entry === undefined
      ? { signal: abortWhenGone(res) }
      : { idempotencyKey: entry.key, onReplayed: () => (recall.happened = true) };
  const { value, replayed } = await runOnce<ExecResultBody>(ports.idempotency, entry, async () =>
    execResultToBody(await runCommand(ports, { tenant, sessionId, request, hooks })),
  );
  return {
    status: 200,
    body: value,
    headers: replayed || recall.happened ? { "Idempotency-Replayed": "true" } : {},
  };
}

/** Only an explicit wish counts: a client that takes anything gets JSON. */
function wantsEventStream({ req }: Exchange): boolean {
  return req.accepts(["application/json", "text/event-stream"]) === "text/event-stream";
}

function execRequestOf(body: ExecBody): ExecRequest {
  return {
    command: body.command,
    timeoutMs: Math.round(body.timeout * 1000),
    stdin: body.stdin,
    env: body.env,
    cwd: body.cwd,
    maxOutputBytes: body.max_output_bytes,
    encoding: body.encoding,
  };
}
