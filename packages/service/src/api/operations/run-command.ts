import type { ServerResponse } from "node:http";
import type { ExecResult, ExecHooks, ExecRequest } from "@sandbox-system/contract";
import { toSandboxError } from "../../http/to-sandbox-error.js";
import type { ApiPorts } from "../api-ports.js";

/** One command of one session. */
export interface CommandCall {
  readonly tenant: string;
  readonly sessionId: string;
  readonly request: ExecRequest;
  readonly hooks?: ExecHooks;
}

/** Runs a command and counts its outcome. */
export async function runCommand(
  { sandboxes, metrics }: Pick<ApiPorts, "sandboxes" | "metrics">,
  { tenant, sessionId, request, hooks }: CommandCall,
): Promise<ExecResult> {
  try {
    const result = await sandboxes.execute(tenant, sessionId, request, hooks);
    metrics.recordCommand(outcomeOf(result));
    return result;
  } catch (error) {
    metrics.recordCommand(toSandboxError(error).code);
    throw error;
  }
}

function outcomeOf(result: ExecResult): string {
  if (result.timedOut) return "timed_out";
  if (result.oomKilled) return "oom_killed";
  return result.exitCode === 0 ? "ok" : "failed";
}

/** Aborts when the client closes the connection before its answer is complete. */
export function abortWhenGone(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) controller.abort();
  });
  if (res.destroyed) controller.abort();
  return controller.signal;
}
