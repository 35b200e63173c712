import { randomUUID } from "node:crypto";
import { SandboxError } from "@sandbox-system/contract";
import { createBackend } from "./backend/create-backend.js";
import type { SandboxBackend } from "./backend/sandbox-backend.js";
import type { ExecuteResult } from "./command/execute-options.js";
import type { SandboxClientOptions } from "./options.js";
import { SandboxClient, type SandboxClientAdapters } from "./sandbox-client.js";

/** Where and how a batch runs. */
export interface BatchOptions {
  /** Seconds each command may run; default 30. */
  readonly timeout?: number | undefined;
  /** Default `batch`. */
  readonly userId?: string | undefined;
  /**
   * The conversation whose session the batch runs in; that session stays open for the next batch. Without it the batch has a session of its
   * own, which is closed at its end.
   */
  readonly threadId?: string | undefined;
}

/** What one command of a batch came to. */
export interface BatchResult extends ExecuteResult {
  /** Why the command did not run or has no result; then `exitCode` is -1 and `stderr` holds the reason. */
  readonly error?: SandboxError;
}

/** Runs lists of commands, one after the other, each list in one session. Batches may overlap. */
export class BatchSandboxClient {
  readonly #options: SandboxClientOptions;
  readonly #backend: SandboxBackend;

  /** @throws SandboxError `INVALID_REQUEST` when the options cannot be used. */
  constructor(options: SandboxClientOptions, adapters: SandboxClientAdapters = {}) {
    this.#options = options;
    this.#backend = adapters.backend ?? createBackend(options);
  }

  /**
   * Runs the commands in order and resolves to a result for each, in the same order. A command that cannot be run yields `exitCode: -1` and
   * the reason in `stderr`, and the rest still run. Rejects when there is no session to run them in.
   */
  async executeBatch(
    commands: readonly string[],
    { timeout, userId = "batch", threadId }: BatchOptions = {},
  ): Promise<BatchResult[]> {
    const client = new SandboxClient(this.#options, { backend: this.#backend });
    await client.getOrCreateSession({ userId, threadId: threadId ?? `batch-${randomUUID()}` });
    try {
      const results: BatchResult[] = [];
      for (const command of commands) results.push(await run(client, command, timeout));
      return results;
    } finally {
      if (threadId === undefined) await client.closeSession();
    }
  }

  /** Lets go of the backend; in local mode the last client to close removes every container. Idempotent. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function run(
  client: SandboxClient,
  command: string,
  timeout: number | undefined,
): Promise<BatchResult> {
  try {
    return await client.execute(command, { timeout });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { ...NOTHING_RAN, stderr: error.message, error };
  }
}

const NOTHING_RAN = {
  exitCode: -1,
  stdout: "",
  stderr: "",
  executionTimeMs: 0,
  timedOut: false,
  oomKilled: false,
  stdoutTruncated: false,
  stderrTruncated: false,
  sessionRecreated: false,
} as const satisfies ExecuteResult;
