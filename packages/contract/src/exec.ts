import { z } from "zod";
import { envSchema } from "./session.js";

/** Longest command, bytes of UTF-8. Linux takes 128 KiB for one argument; parsing cost is bounded by half of that. */
export const MAX_COMMAND_BYTES = 65_536;

/** Longest stdin given with the request, bytes; larger input belongs in a file. */
export const MAX_STDIN_BYTES = 1_048_576;

/** Default and greatest time a command may run, seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 30;
/** An hour: what runs longer is a background process (`cmd > log &`), looked at with later commands. */
export const MAX_TIMEOUT_SECONDS = 3600;

/** Default cap of stdout and of stderr, bytes each; output beyond it is dropped inside the sandbox and flagged. */
export const DEFAULT_MAX_OUTPUT_BYTES = 1_048_576;
/** Greatest cap a caller may ask for, bytes: what one JSON answer can carry without hurting the worker. */
export const MAX_OUTPUT_BYTES = 16_777_216;

/** How captured output is put into text: `utf8` replaces invalid bytes, `base64` keeps every byte. */
export const outputEncodingSchema = z.enum(["utf8", "base64"]);

/** {@link outputEncodingSchema} as a type. */
export type OutputEncoding = z.infer<typeof outputEncodingSchema>;

// execve ends a string at NUL, so a command with NUL would be cut off silently.
// eslint-disable-next-line no-control-regex
const NO_NUL = /^[^\u0000]*$/u;

/** A command: not blank, no NUL, at most {@link MAX_COMMAND_BYTES}. */
export const commandSchema = z
  .string()
  .regex(NO_NUL, "must not contain NUL")
  .refine((command) => command.trim() !== "", "must not be empty")
  .refine(
    (command) => Buffer.byteLength(command) <= MAX_COMMAND_BYTES,
    `must not be longer than ${String(MAX_COMMAND_BYTES)} bytes`,
  );

/** Seconds a command may run. */
export const timeoutSecondsSchema = z
  .number()
  .positive()
  .max(MAX_TIMEOUT_SECONDS)
  .default(DEFAULT_TIMEOUT_SECONDS);

/** POST /v1/sessions/{id}/exec. */
export const execRequestSchema = z.strictObject({
  command: commandSchema.describe("Run as `bash -c command` in the workspace"),
  timeout: timeoutSecondsSchema.describe("Seconds"),
  stdin: z
    .string()
    .refine(
      (stdin) => Buffer.byteLength(stdin) <= MAX_STDIN_BYTES,
      `must not be longer than ${String(MAX_STDIN_BYTES)} bytes`,
    )
    .optional(),
  env: envSchema.optional(),
  cwd: z
    .string()
    .min(1)
    .max(4096)
    .regex(NO_NUL, "must not contain NUL")
    .optional()
    .describe("Working directory, relative to the workspace"),
  max_output_bytes: z
    .number()
    .int()
    .min(0)
    .max(MAX_OUTPUT_BYTES)
    .default(DEFAULT_MAX_OUTPUT_BYTES)
    .describe("Cap of stdout and of stderr, bytes each"),
  encoding: outputEncodingSchema.default("utf8"),
});

/** {@link execRequestSchema} as a type. */
export type ExecBody = z.infer<typeof execRequestSchema>;

/** What a command came to. */
export const execResultSchema = z.object({
  exit_code: z.int().describe("0: success; 124: timed out; 128 + n: ended by signal n"),
  stdout: z.string(),
  stderr: z.string(),
  execution_time_ms: z.int().min(0),
  timed_out: z.boolean(),
  oom_killed: z.boolean(),
  stdout_truncated: z.boolean(),
  stderr_truncated: z.boolean(),
  signal: z.string().optional().describe("Name of the signal that ended it, e.g. SIGKILL"),
});

/** {@link execResultSchema} as a type. */
export type ExecResultBody = z.infer<typeof execResultSchema>;

/** Data of an SSE event `stdout` or `stderr`. */
export const execChunkSchema = z.object({ data: z.string(), encoding: outputEncodingSchema });

/** Data of the SSE event `exit`: the result without the text that was streamed. */
export const execExitSchema = execResultSchema.omit({ stdout: true, stderr: true });

/** {@link execExitSchema} as a type. */
export type ExecExitBody = z.infer<typeof execExitSchema>;

/** What a command came to, as TypeScript code sees it. */
export interface ExecResult {
  /** 0: success; 124: timed out; 128 + n: ended by signal n. */
  readonly exitCode: number;
  /** What it printed, up to the cap; decoded as the request's encoding says. */
  readonly stdout: string;
  readonly stderr: string;
  /** Wall time of the command inside the sandbox, whole milliseconds. */
  readonly executionTimeMs: number;
  readonly timedOut: boolean;
  /** A process of the sandbox was killed for want of memory while the command ran. */
  readonly oomKilled: boolean;
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  /** Name of the signal that ended the main process, e.g. `SIGKILL`. */
  readonly signal?: string;
}

/** An {@link ExecResult} whose text was streamed instead. */
export type ExecExit = Omit<ExecResult, "stdout" | "stderr">;

/** The wire form of an exit. */
export function execExitToBody(exit: ExecExit): ExecExitBody {
  return {
    exit_code: exit.exitCode,
    execution_time_ms: exit.executionTimeMs,
    timed_out: exit.timedOut,
    oom_killed: exit.oomKilled,
    stdout_truncated: exit.stdoutTruncated,
    stderr_truncated: exit.stderrTruncated,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
  };
}

/** Reads the wire form of an exit. */
export function execExitFromBody(body: ExecExitBody): ExecExit {
  return {
    exitCode: body.exit_code,
    executionTimeMs: body.execution_time_ms,
    timedOut: body.timed_out,
    oomKilled: body.oom_killed,
    stdoutTruncated: body.stdout_truncated,
    stderrTruncated: body.stderr_truncated,
    ...(body.signal === undefined ? {} : { signal: body.signal }),
  };
}

/** The wire form of a result. */
export function execResultToBody(result: ExecResult): ExecResultBody {
  return { stdout: result.stdout, stderr: result.stderr, ...execExitToBody(result) };
}

/** Reads the wire form of a result. */
export function execResultFromBody(body: ExecResultBody): ExecResult {
  return { stdout: body.stdout, stderr: body.stderr, ...execExitFromBody(body) };
}
