import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "@sandbox-system/contract";

/** Silence after which a comment is sent, milliseconds: half of the 30 s after which the strictest common proxies hang up. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Silence after which the stream is opened without an event, milliseconds. Until it is open, an error can still be answered with its own
 * status; what is known without running a command is known well before.
 */
const OPEN_AFTER_MS = 1000;

/** Server-sent events over one response. Opens with the first event, or by itself after a second. */
export class EventStream {
  readonly #res: ServerResponse;
  readonly #clock: Clock;
  #timer: Timer;
  #opened = false;
  #drained: Promise<void> | undefined;

  constructor(res: ServerResponse, clock: Clock) {
    this.#res = res;
    this.#clock = clock;
    this.#timer = clock.setTimer(OPEN_AFTER_MS, this.#keepAlive);
    res.once("close", () => {
      this.#timer.cancel();
    });
  }

  /** Whether the status and the headers are on their way; from then on errors are events. */
  get opened(): boolean {
    return this.#opened;
  }

  /**
   * Sends an event. Resolves when the client has room for the next; also when the connection is gone, because then nothing waits for
   * room any more.
   */
  async send(event: string, data: unknown): Promise<void> {
    if (this.#res.destroyed) return;
    this.#open();
    if (!this.#res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) await this.#room();
    this.#restartTimer();
  }

  /** Ends the stream. */
  end(): void {
    this.#timer.cancel();
    if (this.#res.destroyed) return;
    this.#open();
    this.#res.end();
  }

  /** Gives the response back without having opened it. */
  abandon(): void {
    this.#timer.cancel();
  }

  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#res.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      // nginx would hold events back until its buffer is full.
      "X-Accel-Buffering": "no",
    });
    this.#res.flushHeaders();
  }

  readonly #keepAlive = (): void => {
    this.#open();
    // A client that does not read has no use for comments, and they would pile up.
    if (!this.#res.writableNeedDrain) this.#res.write(": keep-alive\n\n");
    this.#restartTimer();
  };

  #restartTimer(): void {
    this.#timer.cancel();
    if (!this.#res.destroyed && !this.#res.writableEnded)
      this.#timer = this.#clock.setTimer(KEEP_ALIVE_MS, this.#keepAlive);
  }

  /** One wait for all who wait: stdout and stderr of a command are held back by the same connection. */
  #room(): Promise<void> {
    if (this.#res.destroyed) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        this.#res.off("drain", done).off("close", done);
        this.#drained = undefined;
        resolve();
      };
      this.#res.once("drain", done).once("close", done);
    });
    return this.#drained;
  }
}
