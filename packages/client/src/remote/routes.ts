const session = (sessionId: string): string => `/v1/sessions/${encodeURIComponent(sessionId)}`;
const files = (sessionId: string): string => `${session(sessionId)}/files`;

/** Paths of the API, percent-encoded. */
export const routes = {
  policy: "/v1/policy",
  sessions: "/v1/sessions",
  sessionsOfThread: (threadId: string) => `/v1/sessions?thread_id=${encodeURIComponent(threadId)}`,
  session,
  exec: (sessionId: string) => `${session(sessionId)}/exec`,
  files,
  /** `name`: relative to the workspace, without empty and dot parts; the slashes in it stay slashes. */
  file: (sessionId: string, name: string) =>
    `${files(sessionId)}/${name.split("/").map(encodeURIComponent).join("/")}`,
} as const;
