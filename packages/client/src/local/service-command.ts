import type { ExecBody, ExecResult } from "@sandbox-system/contract";
import type { BackendCommand, BackendHooks } from "../backend/sandbox-backend.js";
import { OutputCollector } from "../command/output-text.js";
import type { IdempotentCommands } from "./idempotent-commands.js";
import type { ExecRequest, SandboxService } from "./sandbox-module.js";

/** Where a command runs. */
export interface ServiceCommandTarget {
  readonly service: SandboxService;
  /** Whose data it is. */
  readonly tenant: string;
  readonly sessionId: string;
  readonly idempotent: IdempotentCommands;
}

/** Runs a command in the engine room, with the hooks and the idempotency that {@link BackendHooks} and {@link BackendCommand} promise. */
export async function runServiceCommand(
  target: ServiceCommandTarget,
  command: BackendCommand,
  hooks: BackendHooks,
): Promise<ExecResult> {
  const { idempotent, sessionId } = target;
  const { body, idempotencyKey } = command;
  if (idempotencyKey === undefined) return withoutStreamed(await run(target, body, hooks), hooks);
  const entry = { sessionId, key: idempotencyKey, body };
  const { result, replayed } = await idempotent.run(entry, () => run(target, body, hooks));
  if (replayed) {
    await hooks.onStdout?.(Buffer.from(result.stdout, body.encoding));
    await hooks.onStderr?.(Buffer.from(result.stderr, body.encoding));
  }
  return withoutStreamed(result, hooks);
}

/** Runs the command; the result has all text, what hooks were given too. */
async function run(
  { service, tenant, sessionId }: ServiceCommandTarget,
  body: ExecBody,
  { onStdout, onStderr, signal }: BackendHooks,
): Promise<ExecResult> {
  const request = toRequest(body);
  if (onStdout === undefined && onStderr === undefined) {
    return service.execute(tenant, sessionId, request, { signal });
  }
  const stdout = new OutputCollector();
  const stderr = new OutputCollector();
  const result = await service.execute(tenant, sessionId, request, {
    onStdout: (chunk) => {
      stdout.add(chunk);
      return onStdout?.(chunk);
    },
    onStderr: (chunk) => {
      stderr.add(chunk);
      return onStderr?.(chunk);
    },
    signal,
  });
  return { ...result, stdout: stdout.text(body.encoding), stderr: stderr.text(body.encoding) };
}

function withoutStreamed(result: ExecResult, { onStdout, onStderr }: BackendHooks): ExecResult {
  return {
    ...result,
    stdout: onStdout === undefined ? result.stdout : "",
    stderr: onStderr === undefined ? result.stderr : "",
  };
}

function toRequest(body: ExecBody): ExecRequest {
  return {
    command: body.command,
    timeoutMs: body.timeout * 1000,
    stdin: body.stdin,
    env: body.env,
    cwd: body.cwd,
    maxOutputBytes: body.max_output_bytes,
    encoding: body.encoding,
  };
}
