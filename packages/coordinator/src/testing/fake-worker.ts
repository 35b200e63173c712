import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import {
  type Clock,
  openSessionBodySchema,
  sessionSchema,
  sessionToBody,
  silentLogger,
  systemClock,
} from "@sandbox-system/contract";
import { createHttpApp, defineRoute, type Keyring, type Route } from "@sandbox-system/service";
import { createTestApi, FakeNode } from "@sandbox-system/service/testing";
import { FakeRoom } from "./fake-room.js";

/** The token of clusters in tests, unless they say otherwise. */
export const TEST_TOKEN = "cluster-token";

/** Takes a request away from the API; false: it does not. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What a fake worker is started with. */
export interface FakeWorkerOptions {
  readonly workerId?: string;
  /** Time of sessions and files; streams live by the machine's. */
  readonly clock?: Clock;
  readonly maxFileBytes?: number;
}

/** The service package's fake process, under a name of its own. */
class NamedNode extends FakeNode {
  constructor(private readonly workerId: string) {
    super();
  }

  override async list() {
    const [worker] = await super.list();
    return worker === undefined ? [] : [{ ...worker, worker_id: this.workerId }];
  }

  override drain(workerId: string): Promise<boolean> {
    if (workerId === this.workerId) this.drained.push(workerId);
    return Promise.resolve(workerId === this.workerId);
  }
}

/** A worker of a cluster: the real API over a fake engine room, on a free port of the loopback. */
export class FakeWorker {
  readonly workerId: string;
  readonly room: FakeRoom;
  /** Requests that came, in order. */
  readonly requests: IncomingMessage[] = [];
  /** Whether a token is its cluster's. */
  accepts = (token: string): boolean => token === TEST_TOKEN;
  intercept: Interception = () => false;
  /** Drains that were asked of it. */
  readonly node: FakeNode;
  readonly #app: RequestListener;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor({ workerId = "w1", clock = systemClock, maxFileBytes }: FakeWorkerOptions) {
    this.workerId = workerId;
    this.room = new FakeRoom({
      clock,
      workerId,
      ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
    });
    this.node = new NamedNode(workerId);
    this.#app = this.#createApp(maxFileBytes);
  }

  /** Starts one. */
  static async start(options: FakeWorkerOptions = {}): Promise<FakeWorker> {
    const worker = new FakeWorker(options);
    await worker.listen();
    return worker;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens, after a stop again on the same port. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.requests.push(request);
      if (!this.intercept(request, response)) this.#app(request, response);
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => {
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Is gone: nothing listens, and every connection is cut. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else
        this.#server.close(() => {
          resolve();
        });
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = undefined;
  }

  #createApp(maxFileBytes: number | undefined): RequestListener {
    const keyring: Keyring = {
      required: true,
      tenantOf: (key, onBehalfOf = "default") => (this.accepts(key) ? onBehalfOf : undefined),
      isAdmin: () => true,
    };
    const api = createTestApi({
      ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
      ports: { sandboxes: this.room.api, workers: this.node, status: this.node, keyring },
    });
    return createHttpApp({
      routes: [...api.routes, openSessionRoute(this.room)],
      keyring,
      logger: silentLogger,
      clock: systemClock,
      maxJsonBodyBytes: 8 * 1024 ** 2,
      record: () => undefined,
    });
  }
}

function openSessionRoute(room: FakeRoom): Route {
  return defineRoute({
    method: "put",
    path: "/v1/cluster/sessions/{session_id}",
    operationId: "openSession",
    tag: "Cluster",
    summary: "Make or find a session",
    body: openSessionBodySchema,
    answers: { 200: { description: "It", content: { "application/json": sessionSchema } } },
    errors: [],
    async handle({ params, body }, { tenant }) {
      const { generation, create, ...rest } = body;
      const session = await room.openSession(
        tenant,
        {
          userId: rest.user_id,
          threadId: rest.thread_id,
          timeoutMinutes: rest.timeout_minutes,
          metadata: rest.metadata,
        },
        { sessionId: params["session_id"] ?? "", generation, create },
      );
      return { status: session.status === "created" ? 201 : 200, body: sessionToBody(session) };
    },
  });
}
