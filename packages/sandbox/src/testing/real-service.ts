import { randomBytes } from "node:crypto";
import type { ExecRequest } from "@sandbox-system/contract";
import { createSandboxService, type SandboxServiceAdapters } from "../create-sandbox-service.js";
import { DockerEngine } from "../engine/docker-engine.js";
import type { SandboxService } from "../sandbox-service.js";
import { parseSandboxOptions } from "../settings/parse-sandbox-options.js";

/** The tenant of integration tests. */
export const TENANT = "default";

/** The engine of this machine, to look at from outside. */
export const engine = new DockerEngine(undefined);

const unique = `int-${String(process.pid)}-${randomBytes(4).toString("hex")}`;
let serviceCount = 0;

/** Settings of a service under a name of its own; without policy and CPU quota, which are not what these tests are about. */
export function testEnvironment(env: Record<string, string> = {}): Record<string, string> {
  serviceCount += 1;
  return {
    WORKER_ID: `${unique}-${String(serviceCount)}`,
    POOL_SIZE: "1",
    MIN_POOL_SIZE: "0",
    CPU_QUOTA: "0",
    COMMAND_POLICY: "off",
    ...env,
  };
}

/** A real service with {@link testEnvironment}. */
export function makeService(
  env: Record<string, string> = {},
  adapters: SandboxServiceAdapters = {},
): SandboxService {
  return createSandboxService(parseSandboxOptions(testEnvironment(env)), adapters);
}

/** Ids of the containers that a service has. */
export async function containersOf(service: SandboxService): Promise<string[]> {
  const containers = await engine.list({ "sandbox.worker": service.workerId });
  return containers.map(({ id }) => id);
}

/** A session on a service, and short ways to use it. */
export interface OpenSession {
  readonly sessionId: string;
  run(command: string, more?: Partial<ExecRequest>): ReturnType<SandboxService["execute"]>;
  /** What a command printed, trimmed. */
  out(command: string): Promise<string>;
}

/** Opens the session of a thread. */
export async function openSession(service: SandboxService, threadId: string): Promise<OpenSession> {
  const { sessionId } = await service.getOrCreateSession(TENANT, { userId: "u", threadId });
  return useSession(service, sessionId);
}

/** A session that is there. */
export function useSession(service: SandboxService, sessionId: string): OpenSession {
  const run: OpenSession["run"] = (command, more = {}) =>
    service.execute(TENANT, sessionId, { command, ...more });
  return { sessionId, run, out: async (command) => (await run(command)).stdout.trim() };
}
