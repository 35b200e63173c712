import { json } from "node:stream/consumers";
import {
  type ExecHooks,
  type ExecRequest,
  type ExecResult,
  execResultFromBody,
  execResultSchema,
  type OutputEncoding,
  SandboxError,
} from "@sandbox-system/contract";
import { OutputTap } from "./output-tap.js";
import { readOutputEvents } from "./output-events.js";
import { EXEC_MARGIN_MS } from "./time-limits.js";
import { workerPaths } from "./worker-paths.js";
import type { WorkerAnswer, WorkerRequest, WorkerTransport } from "./worker-transport.js";

/** Time a command has when its request does not say, milliseconds; the API's own default. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** A command of a session. */
export interface CommandCall {
  readonly tenant: string;
  readonly sessionId: string;
  readonly request: ExecRequest;
  readonly hooks: ExecHooks;
  /** Aborting cuts the connection, which kills the command. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a command on a worker: as JSON, or as a stream of events when its output is listened to. Rejects with the worker's error or with
 * `WorkerCallFailed`.
 */
export async function runCommand(
  transport: WorkerTransport,
  call: CommandCall,
): Promise<ExecResult> {
  const { onStdout, onStderr, onReplayed } = call.hooks;
  const streamed = onStdout !== undefined || onStderr !== undefined;
  const answer = await transport.open(commandRequest(call, streamed));
  if (answer.headers["idempotency-replayed"] === "true") onReplayed?.();
  if (streamed) return readStreamed(transport, call, answer);
  try {
    return execResultFromBody(execResultSchema.parse(await json(answer.body)));
  } catch (error) {
    throw transport.brokenOff(error, call.signal);
  }
}

async function readStreamed(
  transport: WorkerTransport,
  { request, hooks, signal }: CommandCall,
  { body }: WorkerAnswer,
): Promise<ExecResult> {
  const encoding = request.encoding ?? "utf8";
  const stdout = new OutputTap(hooks.onStdout);
  const stderr = new OutputTap(hooks.onStderr);
  try {
    const exit = await readOutputEvents(body, { stdout: stdout.take, stderr: stderr.take });
    return { ...exit, stdout: stdout.text(encoding), stderr: stderr.text(encoding) };
  } catch (error) {
    const fault = stdout.fault ?? stderr.fault;
    if (fault !== undefined) throw fault;
    throw error instanceof SandboxError ? error : transport.brokenOff(error, signal);
  } finally {
    body.destroy();
  }
}

function commandRequest(
  { tenant, sessionId, request, hooks, signal }: CommandCall,
  streamed: boolean,
): WorkerRequest {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, stdin } = request;
  const { idempotencyKey } = hooks;
  const body = {
    command: request.command,
    timeout: timeoutMs / 1000,
    stdin: typeof stdin === "object" ? Buffer.from(stdin).toString() : stdin,
    env: request.env,
    cwd: request.cwd,
    max_output_bytes: request.maxOutputBytes,
    encoding: wireEncoding(request, streamed && idempotencyKey === undefined),
  };
  return {
    method: "POST",
    path: workerPaths.exec(sessionId),
    tenant,
    headers: {
      "content-type": "application/json",
      accept: streamed ? "text/event-stream" : "application/json",
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    },
    body: Buffer.from(JSON.stringify(body)),
    headMs: timeoutMs + EXEC_MARGIN_MS,
    signal,
  };
}

/**
 * Streamed output travels as exact bytes. Under an idempotency key the request must stay what its caller made it, or the worker would take
 * the same call, streamed once and not streamed another time, for two.
 */
function wireEncoding(request: ExecRequest, exact: boolean): OutputEncoding {
  return exact ? "base64" : (request.encoding ?? "utf8");
}
