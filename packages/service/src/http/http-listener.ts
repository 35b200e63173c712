import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, Logger } from "@sandbox-system/contract";
import { answerClientError } from "./client-error.js";
import { expectContinue } from "./discard-body.js";

/** How the listener treats connections; the durations are for tests to shorten. */
export interface ListenerOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Time within which a request must have arrived whole, milliseconds. */
  readonly requestTimeoutMs: number;
  /** Time within which a request's headers must have arrived, milliseconds; default 15,000. */
  readonly headersTimeoutMs?: number;
  /** How often the two times above are looked at, milliseconds; default 1,000. */
  readonly checkIntervalMs?: number;
}

/** Headers come in one packet or a few; a client that needs longer is not one. */
const HEADERS_TIMEOUT_MS = 15_000;

/** Longer than the 60 s for which common load balancers keep a connection, so that they close it first and never lose a request. */
const KEEP_ALIVE_MS = 65_000;

/** A client of this API sends about ten. */
const MAX_HEADERS = 100;

/** All header bytes of a request; Node's own default, said here because an error message quotes it. */
const MAX_HEADER_BYTES = 16 * 1024;

/** The log, the watch for a client that leaves, the stream and the pipeline of a download all wait for an answer's end: more than Node's default of 10. */
const MAX_RESPONSE_LISTENERS = 20;

/** The address cannot be listened on; the message says why and what to change. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** A TCP port that serves an HTTP application, with limits against slow and malformed clients, and a graceful stop. */
export class HttpListener {
  readonly #server: Server;
  readonly #clock: Clock;
  /** The answer under way on a connection. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();
  #stopping = false;

  constructor(app: RequestListener, options: ListenerOptions) {
    const headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.#clock = options.clock;
    this.#server = createServer({
      headersTimeout: Math.min(headersTimeout, options.requestTimeoutMs),
      requestTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: options.checkIntervalMs ?? 1000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The shell refuses it with a body that says why.
      requireHostHeader: false,
    });
    this.#server.maxHeadersCount = MAX_HEADERS;
    const serve: RequestListener = (req, res) => {
      this.#follow(res, req.socket);
      app(req, res);
    };
    this.#server.on("request", serve);
    this.#server.on("checkExpectation", serve);
    this.#server.on("checkContinue", (req, res) => {
      expectContinue(req);
      serve(req, res);
    });
    this.#server.on("clientError", (error, socket) => {
      const current = this.#answers.get(socket);
      const complain = (answering: boolean): void => {
        answerClientError(error, socket, { answering, logger: options.logger });
      };
      // Garbage behind a complete request: its answer goes first, or the client would take the complaint for it.
      if (current?.req.complete === true) current.once("close", () => complain(false));
      else complain(current?.headersSent === true);
    });
  }

  /** Port that is listened on; 0 before {@link listen}. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Begins to accept connections. Rejects with {@link ListenError}. */
  async listen(port: number, host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        reject(new ListenError(listenFault(error, port, host), { cause: error }));
      };
      this.#server.once("error", onError);
      this.#server.listen({ port, host }, () => {
        this.#server.off("error", onError);
        resolve();
      });
    });
  }

  /**
   * Stops accepting, closes idle connections at once and the others after their answer; those that are not done after `deadlineMs` are
   * cut. Resolves when no connection is left. Idempotent.
   */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    const timer = this.#clock.setTimer(deadlineMs, () => {
      this.#server.closeAllConnections();
    });
    await closed;
    timer.cancel();
  }

  #follow(res: ServerResponse, socket: Duplex): void {
    res.setMaxListeners(MAX_RESPONSE_LISTENERS);
    this.#answers.set(socket, res);
    if (this.#stopping) res.setHeader("Connection", "close");
    res.once("close", () => {
      if (this.#answers.get(socket) === res) this.#answers.delete(socket);
      // The connection counts as idle only after this tick.
      if (this.#stopping)
        setImmediate(() => {
          this.#server.closeIdleConnections();
        });
    });
  }
}

function listenFault(error: NodeJS.ErrnoException, port: number, host: string): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${String(port)} on ${host} is already in use. Stop what listens there, or set PORT to another.`;
    case "EACCES":
      return `Port ${String(port)} on ${host} may not be used by this user. Set PORT to one from 1024 up.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST=${host} is not an address of this machine.`;
    default:
      return `Cannot listen on ${host} port ${String(port)}: ${error.message}`;
  }
}
