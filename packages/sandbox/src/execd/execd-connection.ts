import type { Duplex } from "node:stream";
import type { Clock, Timer } from "@sandbox-system/contract";
import { ConnectionLost } from "./connection-lost.js";
import { Operation, type OperationHandler } from "./operation.js";
import { agentFrame, type Hello, type Ready } from "./protocol/agent-frames.js";
import { FrameDecoder, type RawFrame } from "./protocol/frame-decoder.js";
import { FrameType } from "./protocol/frame-type.js";
import { hostFrame, type Welcome } from "./protocol/host-frames.js";
import { ProtocolViolation } from "./protocol/protocol-violation.js";
import { sameSecret } from "./same-secret.js";

/** A byte stream to an agent. Sockets can be kept from holding the process open while nothing is under way. */
export interface AgentStream extends Duplex {
  ref?(): unknown;
  unref?(): unknown;
}

/** What a connection needs. */
export interface ConnectionOptions {
  readonly welcome: Welcome;
  readonly clock: Clock;
  /** How long the greeting may take, milliseconds. */
  readonly greetingTimeoutMs: number;
  /**
   * What HELLO must carry when the agent was connected to an earlier process; undefined: it is new. Without it the stream is closed before it
   * is told anything.
   */
  readonly expectedSecret?: Uint8Array | undefined;
}

/** Pings go out four times within the silence that the agent tolerates (docs/EXECD_PROTOCOL.md). */
const PINGS_PER_ORPHAN_TIMEOUT = 4;

/**
 * The host's end of the execd protocol over one byte stream.
 *
 * States: `greeting` (from construction until READY; operations are refused) → `ready` → `closed` (stream ended, violation, silence, or
 * {@link close}; final). Owned by one sandbox; a closed connection is never used again.
 */
export class ExecdConnection {
  #state: "greeting" | "ready" | "closed" = "greeting";
  readonly #decoder = new FrameDecoder();
  readonly #operations = new Map<number, Operation>();
  readonly #pings = new Map<bigint, () => void>();
  #nextStream = 1;
  #nextNonce = 1n;
  #lastHeardMs: number;
  #pingTimer: Timer | undefined;
  #greeted!: { resolve: (ready: Ready) => void; reject: (error: Error) => void };
  #hello: Hello | undefined;
  #onClosed: ((reason: Error) => void)[] = [];
  #closeReason: Error | undefined;

  private constructor(
    private readonly stream: AgentStream,
    private readonly options: ConnectionOptions,
  ) {
    this.#lastHeardMs = options.clock.monotonicMs();
    stream.on("data", (chunk: Buffer) => {
      this.#received(chunk);
    });
    stream.on("error", (error: Error) => {
      this.close(new ConnectionLost(`the connection failed: ${error.message}`, { cause: error }));
    });
    stream.on("close", () => {
      this.close(new ConnectionLost("the connection ended"));
    });
    stream.on("end", () => {
      this.close(new ConnectionLost("the agent closed the connection"));
    });
    // Whoever looked for the agent's first words before has paused it.
    stream.resume();
  }

  /**
   * Greets the agent and resolves when it is ready for operations.
   * @throws ProtocolViolation, ConnectionLost
   */
  static async open(stream: AgentStream, options: ConnectionOptions): Promise<ExecdConnection> {
    const connection = new ExecdConnection(stream, options);
    const greeted = new Promise<Ready>((resolve, reject) => {
      connection.#greeted = { resolve, reject };
    });
    const timer = options.clock.setTimer(options.greetingTimeoutMs, () => {
      connection.close(new ConnectionLost("the agent did not greet in time"));
    });
    try {
      await greeted;
    } finally {
      timer.cancel();
    }
    connection.#schedulePing();
    connection.#unrefWhenIdle();
    return connection;
  }

  /** Whether operations can be started. */
  get usable(): boolean {
    return this.#state === "ready";
  }

  /** Operations under way. */
  get operationCount(): number {
    return this.#operations.size;
  }

  /** Calls `listener` once when the connection has closed; at once when it already has. */
  onClosed(listener: (reason: Error) => void): void {
    if (this.#closeReason === undefined) this.#onClosed.push(listener);
    else listener(this.#closeReason);
  }

  /**
   * Opens a stream: `frame` builds the opening frame for the stream's id.
   * @throws ConnectionLost when the connection is not ready.
   */
  start(frame: (stream: number) => Buffer, handler: OperationHandler): Operation {
    if (this.#state !== "ready") {
      throw this.#closeReason ?? new ConnectionLost("the connection is not ready");
    }
    const stream = this.#nextStream;
    this.#nextStream += 1;
    const opening = frame(stream);
    const operation = new Operation(stream, handler, this, this.options.welcome.window);
    if (this.#isIdle()) this.stream.ref?.();
    this.#operations.set(stream, operation);
    this.write(opening);
    return operation;
  }

  /** Writes a frame; nothing happens when the connection is closed. */
  write(frame: Buffer): void {
    if (this.#state !== "closed") this.stream.write(frame);
  }

  /** Resolves when the agent has answered. @throws ConnectionLost, also when no answer came within `timeoutMs`. */
  async ping(timeoutMs: number): Promise<void> {
    if (this.#state !== "ready") throw new ConnectionLost("the connection is not ready");
    const nonce = this.#nextNonce;
    this.#nextNonce += 1n;
    let timer: Timer | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.#isIdle()) this.stream.ref?.();
        this.#pings.set(nonce, resolve);
        this.onClosed(reject);
        timer = this.options.clock.setTimer(timeoutMs, () => {
          reject(new ConnectionLost("the agent did not answer in time"));
        });
        this.write(hostFrame.ping(nonce));
      });
    } finally {
      timer?.cancel();
      this.#pings.delete(nonce);
      this.#unrefWhenIdle();
    }
  }

  /** Asks the agent to end itself, and with it the container. */
  shutdown(): void {
    this.write(hostFrame.shutdown());
  }

  /** Closes; operations under way are told `reason`. Idempotent. */
  close(reason: Error): void {
    if (this.#state === "closed") return;
    const wasGreeting = this.#state === "greeting";
    this.#state = "closed";
    this.#closeReason = reason;
    this.#pingTimer?.cancel();
    this.stream.destroy();
    if (wasGreeting) this.#greeted.reject(reason);
    for (const operation of this.#operations.values()) {
      operation.end();
      operation.handler.onLost(reason);
    }
    this.#operations.clear();
    for (const listener of this.#onClosed) listener(reason);
    this.#onClosed = [];
  }

  #received(chunk: Buffer): void {
    this.#lastHeardMs = this.options.clock.monotonicMs();
    try {
      this.#decoder.push(chunk, (frame) => {
        if (this.#state !== "closed") this.#dispatch(frame);
      });
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #dispatch(frame: RawFrame): void {
    if (frame.stream === 0) {
      this.#control(frame);
      return;
    }
    const operation = this.#operations.get(frame.stream);
    if (operation === undefined) {
      if (frame.stream < this.#nextStream) return;
      throw new ProtocolViolation(`a frame for stream ${String(frame.stream)}, never opened`);
    }
    if (frame.type === FrameType.CREDIT) {
      operation.granted(agentFrame.credit(frame.payload));
    } else if (operation.handler.onFrame(frame.type, frame.payload, operation)) {
      this.#operations.delete(frame.stream);
      operation.end();
      this.#unrefWhenIdle();
    }
  }

  #control(frame: RawFrame): void {
    switch (frame.type) {
      case FrameType.NOP:
        agentFrame.empty(frame.payload);
        return;
      case FrameType.HELLO:
        if (this.#hello !== undefined) throw new ProtocolViolation("a second HELLO");
        this.#hello = agentFrame.hello(frame.payload);
        this.#requireProof(this.#hello);
        this.write(hostFrame.welcome(this.options.welcome));
        return;
      case FrameType.READY:
        if (this.#state !== "greeting" || this.#hello === undefined) {
          throw new ProtocolViolation("READY out of turn");
        }
        this.#state = "ready";
        this.#greeted.resolve(agentFrame.ready(frame.payload));
        return;
      case FrameType.PONG:
        this.#pings.get(agentFrame.pong(frame.payload))?.();
        return;
      default:
        throw new ProtocolViolation(`a control frame of type ${String(frame.type)}`);
    }
  }

  /** WELCOME carries the secret: it must not be said to anybody else. */
  #requireProof(hello: Hello): void {
    const { expectedSecret } = this.options;
    if (expectedSecret !== undefined && !sameSecret(hello.secret, expectedSecret)) {
      throw new ProtocolViolation("HELLO without the secret of this sandbox");
    }
  }

  #schedulePing(): void {
    if (this.#state === "closed") return;
    const { clock, welcome } = this.options;
    this.#pingTimer = clock.setTimer(welcome.orphanTimeoutMs / PINGS_PER_ORPHAN_TIMEOUT, () => {
      if (clock.monotonicMs() - this.#lastHeardMs > welcome.orphanTimeoutMs) {
        this.close(new ConnectionLost("the agent fell silent"));
        return;
      }
      this.write(hostFrame.ping(0n));
      this.#schedulePing();
    });
  }

  /** Whether nobody waits for the agent: then the connection does not keep the process alive. */
  #isIdle(): boolean {
    return this.#operations.size === 0 && this.#pings.size === 0;
  }

  #unrefWhenIdle(): void {
    if (this.#isIdle()) this.stream.unref?.();
  }
}
