import { constants } from "node:os";
import {
  type Clock,
  DEFAULT_MAX_OUTPUT_BYTES,
  DEFAULT_TIMEOUT_SECONDS,
  type ExecResult,
  sandboxError,
  type Timer,
  type ExecHooks,
  type ExecRequest,
} from "@sandbox-system/contract";
import { ConnectionLost } from "../execd/connection-lost.js";
import { runCommand } from "../execd/run-command.js";
import type { Exit } from "../execd/protocol/agent-frames.js";
import type { Session } from "../session/session.js";
import type { LimitOptions } from "../settings/sandbox-options.js";
import { commandError } from "./command-error.js";
import { OutputBuffer } from "./output-buffer.js";
import { signalName } from "./signal-name.js";

/**
 * How long after its deadline a command may still be unanswered before its sandbox is given up, milliseconds: the agent kills at
 * the deadline plus half a second; what takes longer than this has stopped working.
 */
const AGENT_MARGIN_MS = 15_000;

const GIVEN_UP = new ConnectionLost("the agent did not end a command at its deadline");

/**
 * Runs a command in a session's sandbox; the policy has been asked before.
 * @throws SandboxError as `SandboxService.execute` says, or what a hook threw.
 */
export async function execute(
  session: Session,
  request: ExecRequest,
  hooks: ExecHooks,
  given: { limits: LimitOptions; clock: Clock },
): Promise<ExecResult> {
  if (hooks.signal?.aborted === true) throw aborted();
  const limit = request.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const timeoutMs = Math.ceil(request.timeoutMs ?? DEFAULT_TIMEOUT_SECONDS * 1000);
  const streaming = hooks.onStdout !== undefined || hooks.onStderr !== undefined;
  const stdout = new OutputBuffer(streaming ? 0 : limit);
  const stderr = new OutputBuffer(streaming ? 0 : limit);
  const { sandbox } = session.facts;
  const backstop: Timer = given.clock.setTimer(timeoutMs + AGENT_MARGIN_MS, () => {
    void sandbox.destroy(GIVEN_UP);
  });
  let exit: Exit;
  try {
    exit = await runCommand(sandbox.connection, {
      start: {
        command: request.command,
        cwd: request.cwd ?? "",
        env: environment(session.facts.env, request.env),
        timeoutMs,
        stdoutLimit: limit,
        stderrLimit: limit,
      },
      stdin: typeof request.stdin === "string" ? Buffer.from(request.stdin) : request.stdin,
      onStdout: streaming ? (hooks.onStdout ?? ignore) : stdout.append.bind(stdout),
      onStderr: streaming ? (hooks.onStderr ?? ignore) : stderr.append.bind(stderr),
      signal: hooks.signal,
    });
  } catch (error) {
    throw commandError(error, request.cwd);
  } finally {
    backstop.cancel();
  }
  const encoding = request.encoding ?? "utf8";
  const result = resultOf(exit, stdout.text(encoding), stderr.text(encoding));
  if (
    exit.workspaceBytesExceeded ||
    exit.workspaceFilesExceeded ||
    isFileOverLimit(exit, result.stderr)
  ) {
    throw workspaceExceeded(exit, result, given.limits);
  }
  if (exit.cancelled) throw aborted();
  return result;
}

function ignore(): void {
  // The caller listens to the other stream only.
}

function environment(
  session: Readonly<Record<string, string>>,
  command: Readonly<Record<string, string>> | undefined,
): string[] {
  return Object.entries({ ...session, ...command }).map(([name, value]) => `${name}=${value}`);
}

function resultOf(exit: Exit, stdout: string, stderr: string): ExecResult {
  const signal = signalName(exit.signal);
  return {
    exitCode: exit.exitCode,
    stdout,
    stderr,
    executionTimeMs: Math.round(exit.durationUs / 1000),
    timedOut: exit.timedOut,
    oomKilled: exit.oomKilled,
    stdoutTruncated: exit.stdoutDropped > 0,
    stderrTruncated: exit.stderrDropped > 0,
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * Whether the kernel stopped a file at the workspace's size, before anybody counted it: it ends the writer with SIGXFSZ, of which
 * a shell in between makes an exit code and a sentence.
 */
function isFileOverLimit(exit: Exit, stderr: string): boolean {
  const { SIGXFSZ } = constants.signals;
  return (
    exit.signal === SIGXFSZ ||
    (exit.exitCode === 128 + SIGXFSZ && stderr.includes("File size limit exceeded"))
  );
}

/** Output that an error carries along, characters: enough to see what the command was at. */
const ERROR_OUTPUT_LENGTH = 4096;

function workspaceExceeded(exit: Exit, result: ExecResult, limits: LimitOptions) {
  const output = {
    exit_code: result.exitCode,
    stdout: result.stdout.slice(0, ERROR_OUTPUT_LENGTH),
    stderr: result.stderr.slice(0, ERROR_OUTPUT_LENGTH),
  };
  if (!exit.workspaceFilesExceeded) {
    const max = limits.maxWorkspaceBytes / 1024 ** 2;
    return sandboxError(
      "WORKSPACE_SIZE_EXCEEDED",
      `Workspace size exceeds maximum: the command was killed when it passed ${String(max)} MB. Remove files that are not needed.`,
      { details: { max_workspace_size_mb: max, ...output } },
    );
  }
  return sandboxError(
    "FILE_COUNT_EXCEEDED",
    `File count exceeds maximum: the command was killed when it passed ${String(limits.maxTotalFiles)} files. Remove files that are not needed.`,
    { details: { max_total_files: limits.maxTotalFiles, ...output } },
  );
}

function aborted() {
  return sandboxError("OPERATION_ABORTED", "The command was aborted by its caller and killed.");
}
