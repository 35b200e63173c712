import type { Logger } from "@sandbox-system/contract";

/**
 * Local mode: the client drives Docker in its own process. Needs `@sandbox-system/sandbox` to be installed and a container engine
 * on this machine. All local clients of a process with equal options share one engine room.
 */
export interface LocalModeOptions {
  readonly mode: "local";
  /**
   * Settings by the names of their environment variables, e.g. `{ MAX_POOL_SIZE: "4" }`; they win over the environment of the
   * process. `WORKER_ID` is not read: local engine rooms name themselves.
   */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Hears of what the engine room does; silent by default. */
  readonly logger?: Logger | undefined;
}

/** Remote mode: the client speaks HTTP to a worker or to a coordinator. All remote clients of a process share its connections. */
export interface RemoteModeOptions {
  readonly mode: "remote";
  /** Where the server is, e.g. `http://localhost:5000`; a path in it is kept as a prefix. */
  readonly serverUrl: string;
  /** Needed when the server has `API_KEYS`. */
  readonly apiKey?: string | undefined;
  /**
   * Seconds without any progress after which a request is given up; default 60. A command gets its own timeout on top of this.
   */
  readonly requestTimeoutSeconds?: number | undefined;
  /** Whether `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are heeded; default false: sandboxes are in one's own network. */
  readonly useEnvironmentProxy?: boolean | undefined;
}

/** How a client reaches its sandboxes. Both modes have the same methods, results and errors. */
export type SandboxClientOptions = LocalModeOptions | RemoteModeOptions;
