import {
  type ErrorCode,
  execRequestSchema,
  SandboxError,
  sandboxError,
} from "@sandbox-system/contract";
import type { BackendCommand, SandboxBackend } from "../backend/sandbox-backend.js";
import { validated } from "../request-validation.js";
import type { ActiveSession } from "../session/active-session.js";
import type { ExecuteOptions, ExecuteResult } from "./execute-options.js";
import { OutputListeners } from "./output-listeners.js";

/** Answers that say: there is no such session any more, and the command did not run. */
const SESSION_OVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "SESSION_EXPIRED",
  "SESSION_LOST",
  "SESSION_NOT_FOUND",
]);

/** A key travels as a header. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** What {@link runCommand} works with. */
export interface CommandContext {
  readonly backend: SandboxBackend;
  /** The session that was active when the call was made. */
  readonly session: ActiveSession;
  /** Gets another session in place of one that is over. */
  readonly replaceSession: (over: ActiveSession) => Promise<ActiveSession>;
}

/**
 * Runs one command. When its session is over and `autoRetry` is not false, it runs once more in a new session for the same request:
 * once, and only then.
 */
export async function runCommand(
  context: CommandContext,
  command: string,
  options: ExecuteOptions,
): Promise<ExecuteResult> {
  const { backend, session, replaceSession } = context;
  const compiled = compileCommand(command, options);
  throwIfAborted(options);
  try {
    return await runOnce(backend, session, compiled, options);
  } catch (error) {
    const { autoRetry = true } = options;
    if (!autoRetry || session.closing || !saysSessionIsOver(error)) throw error;
  }
  const replacement = await replaceSession(session);
  throwIfAborted(options);
  const result = await runOnce(backend, replacement, compiled, options);
  return { ...result, sessionRecreated: true };
}

function compileCommand(command: string, options: ExecuteOptions): BackendCommand {
  const { timeout, stdin, env, cwd, maxOutputBytes, encoding, idempotencyKey } = options;
  const body = validated(execRequestSchema, {
    command,
    timeout,
    stdin,
    env,
    cwd,
    max_output_bytes: maxOutputBytes,
    encoding,
  });
  if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    throw sandboxError(
      "INVALID_REQUEST",
      "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
    );
  }
  return { body, idempotencyKey };
}

async function runOnce(
  backend: SandboxBackend,
  session: ActiveSession,
  command: BackendCommand,
  options: ExecuteOptions,
): Promise<ExecuteResult> {
  const listeners = new OutputListeners(options, command.body.encoding);
  try {
    const result = await backend.execute(session.info.sessionId, command, listeners.hooks);
    await listeners.end();
    return { ...result, sessionRecreated: false };
  } catch (error) {
    listeners.throwFailure();
    // One wording, whoever noticed the abort first.
    if (error instanceof SandboxError && error.code === "OPERATION_ABORTED") throw aborted(error);
    throw error;
  }
}

function throwIfAborted({ signal }: ExecuteOptions): void {
  if (signal?.aborted === true) throw aborted();
}

function saysSessionIsOver(error: unknown): boolean {
  return error instanceof SandboxError && SESSION_OVER.has(error.code);
}

function aborted(noticed?: SandboxError): SandboxError {
  return sandboxError("OPERATION_ABORTED", "The command was stopped by its AbortSignal.", {
    requestId: noticed?.requestId,
    cause: noticed,
  });
}
