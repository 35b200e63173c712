import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";

/** A request that a {@link ScriptedServer} got. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Empty when the script answered without reading it. */
  readonly body: Buffer;
}

/** How one request is answered; it may misbehave in any way. */
export type Script = (
  response: ServerResponse,
  request: IncomingMessage,
  body: Buffer,
) => void | Promise<void>;

/** A real HTTP server on a free port that does with each request what the test says. */
export class ScriptedServer {
  readonly requests: RecordedRequest[] = [];
  /** Connections that were made so far. */
  connections = 0;
  /** Whether bodies are read before the script runs. */
  readsBodies = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #script: Script;

  private constructor(script: Script) {
    this.#script = script;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on("connection", (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts one on a port that nobody else has. */
  static async start(script: Script = answer(404, {})): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await server.listen(0);
    return server;
  }

  /** Takes connections on `port`; 0: any free one. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** From now on requests are answered like this. */
  answers(script: Script): void {
    this.#script = script;
  }

  /** Stops listening and cuts every connection. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const body = this.readsBodies ? await buffer(request) : Buffer.alloc(0);
    this.requests.push({ method, url, headers, body });
    await this.#script(response, request, body);
  }
}

/** Answers with JSON. */
export function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Script {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Cuts the connection without a word. */
export const reset: Script = (response) => {
  response.socket?.resetAndDestroy();
};

/** A port on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = await ScriptedServer.start();
  const { port } = server;
  await server.stop();
  return port;
}
