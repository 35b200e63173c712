import type { CreateSessionBody, SessionInfo, SandboxApi } from "@sandbox-system/contract";

/** Get-or-create from a request's body; the V1 and the V2 route alike. */
export function createSession(
  sandboxes: SandboxApi,
  tenant: string,
  body: Pick<CreateSessionBody, "user_id" | "thread_id"> & Partial<CreateSessionBody>,
): Promise<SessionInfo> {
  return sandboxes.getOrCreateSession(tenant, {
    userId: body.user_id,
    threadId: body.thread_id,
    timeoutMinutes: body.timeout_minutes,
    env: body.env,
    metadata: body.metadata,
  });
}
