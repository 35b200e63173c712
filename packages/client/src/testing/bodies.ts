import type { ErrorCode, SessionBody } from "@sandbox-system/contract";

/** A session as a server answers it. */
export const SESSION_BODY: SessionBody = {
  session_id: "ses_01ARZ3NDEKTSV4RRFFQ69G5FAV",
  thread_id: "t",
  user_id: "u",
  status: "created",
  workspace_dir: "/workspace",
  user: "sandboxuser",
  worker_id: "worker1",
  created_at: "2026-01-02T03:04:05.000Z",
  last_activity: "2026-01-02T03:04:06.000Z",
  expires_at: "2026-01-02T03:34:06.000Z",
  metadata: { team: "t" },
};

/** The result of a command that succeeded, as a server answers it. */
export const RESULT_BODY = {
  exit_code: 0,
  stdout: "out",
  stderr: "err",
  execution_time_ms: 5,
  timed_out: false,
  oom_killed: false,
  stdout_truncated: false,
  stderr_truncated: true,
};

/** The event `exit` of the same command. */
export const EXIT_BODY = {
  exit_code: 0,
  execution_time_ms: 5,
  timed_out: false,
  oom_killed: false,
  stdout_truncated: false,
  stderr_truncated: true,
};

/** An error as a server answers it. */
export function errorBody(code: ErrorCode, details?: Record<string, unknown>) {
  return { error: `Said by the server: ${code}`, code, details, request_id: "req_server" };
}

/** One server-sent event. */
export function sse(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
