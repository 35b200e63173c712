import { randomUUID } from "node:crypto";
import { setTimeout as elapsed } from "node:timers/promises";
import { Redis } from "ioredis";
import { docker, isImagePresent } from "./docker-cli.js";
import { freePort } from "./free-port.js";
import { RedisMonitor } from "./redis-monitor.js";

/** What a server is to be like. */
export interface RedisServerOptions {
  /** Whether it keeps its data across stop and start. Default: false. */
  readonly appendOnly?: boolean;
  /** Password that it asks for; absent: none. */
  readonly password?: string;
}

/** The port inside the container; Redis's own. */
const INNER_PORT = 6379;

/** How long a server may take to answer, milliseconds: a busy machine starts a container in seconds. */
const START_MS = 30_000;

/**
 * A Redis server in a container, for tests: on a port of 127.0.0.1 that stays the same as long as the object lives. Containers and volumes carry
 * the label `sandbox.test=redis`.
 */
export class RedisServer {
  readonly host = "127.0.0.1";
  readonly #options: RedisServerOptions;
  readonly #volume = `sandbox-test-redis-${randomUUID()}`;
  #port: number | undefined;
  #container: string | undefined;
  #admin: Redis | undefined;

  constructor(options: RedisServerOptions = {}) {
    this.#options = options;
  }

  /** Known once it has been started. */
  get port(): number {
    if (this.#port === undefined) throw new Error("The Redis server has not been started");
    return this.#port;
  }

  get url(): string {
    const { password } = this.#options;
    const credentials = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
    return `redis://${credentials}${this.host}:${String(this.port)}`;
  }

  /** A connection for looking and meddling; it waits for the server to come back. */
  get admin(): Redis {
    this.#admin ??= connectAdmin(this.url);
    return this.#admin;
  }

  /** Starts it with the data that it kept; resolves when it answers. */
  async start(): Promise<void> {
    this.#port ??= await freePort();
    const { appendOnly = false, password } = this.#options;
    const volume = ["--volume", `${this.#volume}:/data`];
    this.#container = await docker(
      ...["run", "--detach", "--rm", "--label", "sandbox.test=redis"],
      ...["--publish", `${this.host}:${String(this.#port)}:${String(INNER_PORT)}`],
      ...(appendOnly ? volume : []),
      await redisImage(),
      ...["--appendonly", appendOnly ? "yes" : "no", "--save", ""],
      ...(password === undefined ? [] : ["--requirepass", password]),
    );
    const deadline = performance.now() + START_MS;
    while (!(await this.#answers())) {
      if (performance.now() > deadline) throw new Error("The Redis server does not answer");
      await elapsed(50);
    }
  }

  /** Starts it without any data. */
  async startEmpty(): Promise<void> {
    await this.#removeVolume();
    await this.start();
  }

  /** Stops it in an orderly way (SIGTERM). */
  async stop(): Promise<void> {
    await this.#end("stop", "--time", "10");
  }

  /** Ends it without warning (SIGKILL). */
  async kill(): Promise<void> {
    await this.#end("kill");
  }

  /** Freezes it: its connections stay, nothing is answered. */
  async pause(): Promise<void> {
    await docker("pause", this.#running());
  }

  async unpause(): Promise<void> {
    await docker("unpause", this.#running());
  }

  /** How many times each command was called since the server started, those of scripts included. */
  async commandStats(): Promise<Readonly<Record<string, number>>> {
    const info = await this.admin.info("commandstats");
    return Object.fromEntries(
      [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = "", calls]) => [
        name,
        Number(calls),
      ]),
    );
  }

  /** Listens to what clients send. */
  monitor(): Promise<RedisMonitor> {
    return RedisMonitor.start(this.admin);
  }

  /** Ends it and removes everything that it left, whatever state it is in. */
  async cleanUp(): Promise<void> {
    this.#admin?.disconnect();
    this.#admin = undefined;
    if (this.#container !== undefined)
      await docker("rm", "--force", "--volumes", this.#container).catch(() => undefined);
    this.#container = undefined;
    await this.#removeVolume();
  }

  #running(): string {
    if (this.#container === undefined) throw new Error("The Redis server does not run");
    return this.#container;
  }

  async #end(...how: string[]): Promise<void> {
    const container = this.#running();
    this.#container = undefined;
    await docker(...how, container);
    // It removes itself, a moment later.
    while ((await docker("ps", "--all", "--quiet", "--no-trunc")).includes(container))
      await elapsed(50);
  }

  async #removeVolume(): Promise<void> {
    if (this.#options.appendOnly !== true) return;
    await docker("volume", "rm", "--force", this.#volume).catch(() => undefined);
  }

  async #answers(): Promise<boolean> {
    const probe = new Redis(this.url, {
      ...{ lazyConnect: true, connectTimeout: 1000, commandTimeout: 1000, disconnectTimeout: 100 },
      retryStrategy: () => null,
    });
    probe.on("error", () => undefined);
    try {
      await probe.connect();
      await probe.ping();
      return true;
    } catch {
      return false;
    } finally {
      probe.disconnect();
    }
  }
}

function connectAdmin(url: string): Redis {
  const admin = new Redis(url, {
    retryStrategy: () => 100,
    maxRetriesPerRequest: null,
    disconnectTimeout: 100,
  });
  admin.on("error", () => undefined);
  return admin;
}

let image: Promise<string> | undefined;

/** The first image that is there; looked for once. */
function redisImage(): Promise<string> {
  image ??= findImage();
  return image;
}

async function findImage(): Promise<string> {
  const named = process.env["SANDBOX_TEST_REDIS_IMAGE"];
  const candidates = [...(named === undefined ? [] : [named]), "redis:7-alpine", "sandbox-redis:7"];
  for (const candidate of candidates) if (await isImagePresent(candidate)) return candidate;
  throw new Error(`No Redis image is there: ${candidates.join(", ")}`);
}
