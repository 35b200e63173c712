import {
  type ExecResult,
  sandboxError,
  type ExecHooks,
  type ExecRequest,
} from "@sandbox-system/contract";

/** What a scripted command is given. Writing resolves when the reader has room, as a pipe would. */
export interface FakeProcess {
  readonly request: ExecRequest;
  readonly stdout: (data: string | Buffer) => Promise<void>;
  readonly stderr: (data: string | Buffer) => Promise<void>;
  /** Resolves when the command is killed. A script that waits for anything else should wait for this as well. */
  readonly killed: Promise<void>;
}

/** What a scripted command comes to; what it leaves out is as after `true`. */
export type FakeCommandScript = (process: FakeProcess) => Promise<Partial<ExecResult>>;

/** One run of a scripted command, with the promises of the real one: output in order, capped, held back by a slow reader. */
export class FakeCommand {
  readonly #request: ExecRequest;
  readonly #hooks: ExecHooks;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];

  constructor(request: ExecRequest, hooks: ExecHooks) {
    this.#request = request;
    this.#hooks = hooks;
  }

  /** Rejects with OPERATION_ABORTED when it is killed by the hooks' signal. */
  async run(script: FakeCommandScript): Promise<ExecResult> {
    const { onStdout, onStderr, signal } = this.#hooks;
    const killed = new Promise<void>((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener("abort", () => {
        resolve();
      });
    });
    const result = await script({
      request: this.#request,
      stdout: (data) => this.#write(data, { sink: this.#stdout, hook: onStdout }),
      stderr: (data) => this.#write(data, { sink: this.#stderr, hook: onStderr }),
      killed,
    });
    if (signal?.aborted === true)
      throw sandboxError("OPERATION_ABORTED", "The command was killed.");
    return {
      exitCode: 0,
      stdout: this.#text(this.#stdout),
      stderr: this.#text(this.#stderr),
      executionTimeMs: 1,
      timedOut: false,
      oomKilled: false,
      stdoutTruncated: false,
      stderrTruncated: false,
      ...result,
    };
  }

  async #write(
    data: string | Buffer,
    { sink, hook }: { sink: Buffer[]; hook: ExecHooks["onStdout"] },
  ): Promise<void> {
    const chunk = Buffer.from(data);
    if (hook === undefined) sink.push(chunk);
    else await hook(chunk);
  }

  #text(chunks: readonly Buffer[]): string {
    return Buffer.concat(chunks).toString(this.#request.encoding ?? "utf8");
  }
}
