import {
  type Environment,
  type Logger,
  sandboxError,
  SandboxError,
  silentLogger,
} from "@sandbox-system/contract";
import type { HostProcess } from "../host-process.js";
import type { LocalModeOptions } from "../options.js";
import type { CleanupTarget } from "./detached-cleanup.js";
import { IdempotentCommands } from "./idempotent-commands.js";
import { KeepAlive } from "./keep-alive.js";
import { localEnvironment } from "./local-settings.js";
import type { SandboxModule, SandboxOptions, SandboxService } from "./sandbox-module.js";

/** A client's share of an engine room. */
export interface EngineRoomLease {
  readonly service: SandboxService;
  /** What the room's clients ran under idempotency keys. */
  readonly idempotent: IdempotentCommands;
  /** Gives the share back; the last one stops the room and resolves when its containers are gone. Idempotent. */
  release(): Promise<void>;
}

/** What {@link EngineRooms} works with. */
export interface EngineRoomsParts {
  readonly host: HostProcess;
  readonly importSandbox: () => Promise<SandboxModule>;
  /** Removes a room's containers behind the back of a process that ends at once. */
  readonly cleanUp: (target: CleanupTarget) => void;
}

/**
 * One engine room:
 * - open: found by its key, has leases; leaves when the last lease is released, when it cannot start, or when the process ends.
 * - stopping: no longer found by its key; leaves when its containers are gone.
 * The process's end is watched while there is a room in either state.
 */
interface Room {
  readonly key: string;
  readonly service: SandboxService;
  readonly options: SandboxOptions;
  readonly logger: Logger;
  readonly idempotent: IdempotentCommands;
  readonly started: Promise<void>;
  leases: number;
  stopped: Promise<void> | undefined;
}

/** Longest time an end by signal waits for containers to go, milliseconds: one takes under a second, a hung engine forever. */
const SIGNAL_STOP_LIMIT_MS = 5_000;

/** The engine rooms of this process: one for clients with equal options, counted, stopped with the last client or the process. */
export class EngineRooms {
  readonly #parts: EngineRoomsParts;
  readonly #rooms = new Set<Room>();
  readonly #open = new Map<string, Room>();
  readonly #keepAlive = new KeepAlive();
  readonly #loggerIds = new WeakMap<Logger, number>();
  #names = 0;
  #loggers = 0;
  #unwatch: (() => void) | undefined;

  constructor(parts: EngineRoomsParts) {
    this.#parts = parts;
  }

  /**
   * A share of the room for these options, which is started when it is the first.
   * @throws SandboxError `LOCAL_MODE_UNAVAILABLE`, `ENGINE_UNAVAILABLE`, or `INVALID_REQUEST` when the settings are faulty.
   */
  async lease(options: LocalModeOptions): Promise<EngineRoomLease> {
    const module = await this.#parts.importSandbox();
    const room = this.#roomFor(module, options);
    room.leases += 1;
    let released: Promise<void> | undefined;
    const release = (): Promise<void> => (released ??= this.#release(room));
    try {
      await room.started;
    } catch (error) {
      await release();
      throw error;
    }
    return { service: room.service, idempotent: room.idempotent, release };
  }

  #roomFor(module: SandboxModule, { settings, logger = silentLogger }: LocalModeOptions): Room {
    const environment: Environment = { ...this.#parts.host.environment, ...settings };
    const relevant = Object.keys(module.sandboxSettings).map((name) => environment[name] ?? "");
    const key = JSON.stringify([this.#loggerId(logger), relevant]);
    const existing = this.#open.get(key);
    if (existing !== undefined) return existing;
    this.#names += 1;
    const workerId = `local-${this.#parts.host.uniqueName}-${String(this.#names)}`;
    const options = parsed(module, localEnvironment(environment, workerId));
    const service = module.createSandboxService(options, { logger });
    const room: Room = {
      key,
      service,
      options,
      logger,
      idempotent: new IdempotentCommands(),
      started: service.start({ waitForEngine: false }),
      leases: 0,
      stopped: undefined,
    };
    this.#open.set(key, room);
    this.#rooms.add(room);
    this.#unwatch ??= this.#watchEnd();
    return room;
  }

  #loggerId(logger: Logger): number {
    const known = this.#loggerIds.get(logger);
    if (known !== undefined) return known;
    this.#loggers += 1;
    this.#loggerIds.set(logger, this.#loggers);
    return this.#loggers;
  }

  async #release(room: Room): Promise<void> {
    room.leases -= 1;
    if (room.leases === 0) await this.#stop(room);
  }

  #stop(room: Room): Promise<void> {
    if (this.#open.get(room.key) === room) this.#open.delete(room.key);
    room.stopped ??= room.service.stop({ deadlineMs: 0 }).then(() => {
      this.#rooms.delete(room);
      if (this.#rooms.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
    });
    return room.stopped;
  }

  /** Stops every room; never rejects: a room that cannot be stopped is left to {@link #cleanUpRest}. */
  async #stopAll(): Promise<void> {
    const stopping = [...this.#rooms].map(async (room) => {
      try {
        await this.#stop(room);
      } catch (error) {
        room.logger.error("local.stop", { outcome: "failed", error: String(error) });
      }
    });
    await this.#keepAlive.during(() => Promise.all(stopping));
  }

  #cleanUpRest(): void {
    for (const { options } of this.#rooms) {
      this.#parts.cleanUp({ workerId: options.workerId, dockerHost: options.dockerHost });
    }
  }

  #watchEnd(): () => void {
    let idled = false;
    return this.#parts.host.watchEnd({
      onIdle: async () => {
        // Once: the process is announced idle again after whatever a first attempt did.
        if (idled) return;
        idled = true;
        await this.#stopAll();
      },
      onSignal: async () => {
        await settledWithin(SIGNAL_STOP_LIMIT_MS, this.#stopAll());
        this.#cleanUpRest();
      },
      onExit: () => {
        this.#cleanUpRest();
      },
    });
  }
}

function parsed(module: SandboxModule, environment: Environment): SandboxOptions {
  try {
    return module.parseSandboxOptions(environment);
  } catch (cause) {
    if (cause instanceof SandboxError || !(cause instanceof Error)) throw cause;
    throw sandboxError("INVALID_REQUEST", cause.message, { cause });
  }
}

/** Resolves when `work` has settled, and after `ms` in any case. */
async function settledWithin(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]).finally(() => {
    clearTimeout(timer);
  });
}
