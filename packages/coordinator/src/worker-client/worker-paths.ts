import { workspacePath } from "@sandbox-system/contract";

/** Where sandboxes have their workspace; absolute names below it are taken too. */
const WORKSPACE_DIR = "/workspace";

const session = (sessionId: string): string => `/v1/sessions/${encodeURIComponent(sessionId)}`;

/** Paths of a worker's API, percent-encoded. */
export const workerPaths = {
  policy: "/v1/policy",
  workers: "/v1/workers",
  sessions: "/v1/sessions",
  session,
  drain: (workerId: string) => `/v1/workers/${encodeURIComponent(workerId)}/drain`,
  openSession: (sessionId: string) => `/v1/cluster/sessions/${encodeURIComponent(sessionId)}`,
  exec: (sessionId: string) => `${session(sessionId)}/exec`,
  files: (sessionId: string) => `${session(sessionId)}/files`,
  /** @throws SandboxError `INVALID_PATH`, in the words of the engine room: some names cannot be put into a URL. */
  file: (sessionId: string, path: string) =>
    `${session(sessionId)}/files/${workspacePath(path, WORKSPACE_DIR)
      .split("/")
      .map(encodeURIComponent)
      .join("/")}`,
} as const;
