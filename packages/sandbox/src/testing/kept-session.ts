import { newSandboxId } from "@sandbox-system/contract";
import type { KeptSession } from "../adoption/kept-session.js";

/** What a predecessor could have kept; a test changes what it is about. */
export function testKeptSession(
  session: Partial<KeptSession["session"]> = {},
  sandbox: Partial<KeptSession["sandbox"]> = {},
): KeptSession {
  return {
    sandbox: {
      id: newSandboxId(),
      containerId: "c0ffee",
      transport: "unix",
      secret: Buffer.alloc(32, 9),
      workspaceDir: "/workspace",
      user: "sandboxuser",
      ...sandbox,
    },
    session: {
      id: "ses_1",
      tenant: "default",
      threadId: "t",
      userId: "u",
      generation: 1,
      createdAtMs: 1_700_000_000_000,
      timeoutMs: 1_800_000,
      env: { A: "1" },
      metadata: { note: "x" },
      ...session,
    },
  };
}
