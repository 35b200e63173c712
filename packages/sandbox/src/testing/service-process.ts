import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** An engine room in a process of its own, with one session at work, to be killed. */
export interface ServiceProcess {
  readonly sessionId: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Where the name of this package resolves to what was built of it. */
const ROOT = resolve(__dirname, "../../../..");

const PROGRAM = `
import { createSandboxService, parseSandboxOptions } from "@sandbox-system/sandbox";
setInterval(() => {}, 1000);
const { env, prepare, foreground } = JSON.parse(process.argv[1]);
const service = createSandboxService(parseSandboxOptions(env), { keepsSessions: true });
await service.start();
const { sessionId } = await service.getOrCreateSession("default", { userId: "u", threadId: "t" });
await service.execute("default", sessionId, { command: prepare });
await new Promise((resolve) => {
  service.execute("default", sessionId, { command: foreground }, { onStdout: resolve });
});
console.log(sessionId);
`;

/**
 * Starts the built package (`npx tsc -b packages/sandbox/tsconfig.build.json`) under `env`, opens a session, runs `prepare` to its end and
 * `foreground` until it has printed something.
 */
export async function startServiceProcess(
  env: Record<string, string>,
  commands: { prepare: string; foreground: string },
): Promise<ServiceProcess> {
  const given = JSON.stringify({ env, ...commands });
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, given], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = once(child.stdout, "data").then(([chunk]) => String(chunk).trim());
  const died = once(child, "exit").then(() => {
    throw new Error("the service process ended before its session was at work");
  });
  const sessionId = await Promise.race([said, died]);
  died.catch(() => undefined);
  return {
    sessionId,
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
