import type { ExecdConnection } from "./execd-connection.js";
import { ExecdError } from "./execd-error.js";
import type { Operation } from "./operation.js";
import { agentFrame, type Exit } from "./protocol/agent-frames.js";
import { FrameType, MAX_DATA_BYTES } from "./protocol/frame-type.js";
import { type ExecStart, hostFrame } from "./protocol/host-frames.js";
import { ProtocolViolation } from "./protocol/protocol-violation.js";

/** A command and where its output goes. */
export interface CommandRun {
  readonly start: Omit<ExecStart, "stdinFollows">;
  readonly stdin: Uint8Array | undefined;
  /** Takes a piece of output; a promise holds the credit for it back until it settles. The chunk is a view: copy to keep. */
  readonly onStdout: (chunk: Buffer) => void | Promise<void>;
  readonly onStderr: (chunk: Buffer) => void | Promise<void>;
  /** Aborting kills the command; its exit still resolves. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs one command; resolves when its main process has ended and every consumer has taken its output.
 * @throws ExecdError when it could not be started; ConnectionLost when its fate is unknown; whatever a consumer threw (the command
 * is killed first).
 */
export async function runCommand(connection: ExecdConnection, run: CommandRun): Promise<Exit> {
  const stdinFollows = run.stdin !== undefined && run.stdin.byteLength > 0;
  const output = new OutputPump(run);
  let operation!: Operation;
  const exit = new Promise<Exit>((resolve, reject) => {
    operation = connection.start(
      (stream) => hostFrame.exec(stream, { ...run.start, stdinFollows }),
      {
        onFrame(type, payload, current) {
          switch (type) {
            case FrameType.STDOUT:
            case FrameType.STDERR:
              current.received(payload.byteLength);
              output.take(type, payload, current);
              return false;
            case FrameType.EXIT:
              resolve(agentFrame.exit(payload));
              return true;
            case FrameType.ERROR: {
              const failure = agentFrame.failure(payload);
              reject(new ExecdError(failure.code, failure.message));
              return true;
            }
            default:
              throw new ProtocolViolation(`a frame of type ${String(type)} for a command`);
          }
        },
        onLost: reject,
      },
    );
  });
  const abort = (): void => {
    operation.cancel();
  };
  if (run.signal?.aborted === true) abort();
  run.signal?.addEventListener("abort", abort, { once: true });
  if (stdinFollows) void sendStdin(operation, run.stdin);
  try {
    const ended = await exit;
    await output.drained();
    return ended;
  } finally {
    run.signal?.removeEventListener("abort", abort);
  }
}

async function sendStdin(operation: Operation, stdin: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < stdin.byteLength) {
    const room = await operation.takeSendCredit(
      Math.min(MAX_DATA_BYTES, stdin.byteLength - offset),
    );
    if (room === 0) return;
    operation.send(hostFrame.stdin(operation.stream, stdin.subarray(offset, offset + room)));
    offset += room;
  }
  operation.send(hostFrame.stdinEnd(operation.stream));
}

/** Hands output to its consumers in order, and grants credit as they take it. */
class OutputPump {
  /** Set while a consumer keeps us waiting; later chunks queue behind it. */
  #tail: Promise<void> | undefined;
  #failed = false;
  #failure: unknown;

  constructor(private readonly run: CommandRun) {}

  take(type: number, chunk: Buffer, operation: Operation): void {
    if (this.#tail === undefined) {
      const waiting = this.#deliver(type, chunk, operation);
      if (waiting !== undefined) this.#queue(waiting);
      return;
    }
    this.#queue(this.#tail.then(() => this.#deliver(type, chunk, operation)));
  }

  /** Resolves when everything is taken. @throws what a consumer threw first. */
  async drained(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail;
    if (this.#failed) throw this.#failure;
  }

  #queue(step: Promise<void>): void {
    const tail = step.then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
  }

  /** Synchronous consumers cost no promise; undefined: taken. */
  #deliver(type: number, chunk: Buffer, operation: Operation): Promise<void> | undefined {
    if (this.#failed) {
      operation.consumed(chunk.byteLength);
      return undefined;
    }
    try {
      const consumer = type === FrameType.STDOUT ? this.run.onStdout : this.run.onStderr;
      const waiting = consumer(chunk);
      if (waiting === undefined) {
        operation.consumed(chunk.byteLength);
        return undefined;
      }
      return waiting.then(
        () => {
          operation.consumed(chunk.byteLength);
        },
        (error: unknown) => {
          this.#fail(error, operation, chunk.byteLength);
        },
      );
    } catch (error) {
      this.#fail(error, operation, chunk.byteLength);
      return undefined;
    }
  }

  #fail(error: unknown, operation: Operation, bytes: number): void {
    if (!this.#failed) {
      this.#failed = true;
      this.#failure = error;
      operation.cancel();
    }
    operation.consumed(bytes);
  }
}
