import type { Readable } from "node:stream";
import type {
  ExecResult,
  FileListing,
  SessionInfo,
  UploadResult,
  SessionRequest,
} from "@sandbox-system/contract";
import type {
  BackendCommand,
  BackendDownload,
  BackendHooks,
  SandboxBackend,
} from "../backend/sandbox-backend.js";
import { hostProcess } from "../host-process.js";
import type { LocalModeOptions } from "../options.js";
import { cleanUpDetached } from "./detached-cleanup.js";
import { type EngineRoomLease, EngineRooms } from "./engine-rooms.js";
import { importSandbox } from "./sandbox-module.js";
import { KeepAlive } from "./keep-alive.js";
import { runServiceCommand } from "./service-command.js";

/** A process has one user of its engine room: itself. */
const TENANT = "default";

// One of each for the process: what is shared is the containers of this process, wherever in it clients are made.
const engineRooms = new EngineRooms({
  host: hostProcess,
  importSandbox: () => importSandbox(),
  cleanUp: (target) => {
    cleanUpDetached(hostProcess.executable, target);
  },
});

const keepAlive = new KeepAlive();

/** Where a local backend gets its engine room from. */
export type EngineRoomSource = Pick<EngineRooms, "lease">;

/** The backend of local mode: the engine room of this process, started by the first call. */
export function createLocalBackend(
  options: LocalModeOptions,
  rooms: EngineRoomSource = engineRooms,
): SandboxBackend {
  return new LocalBackend(options, rooms);
}

class LocalBackend implements SandboxBackend {
  readonly #options: LocalModeOptions;
  readonly #rooms: EngineRoomSource;
  #lease: Promise<EngineRoomLease> | undefined;

  constructor(options: LocalModeOptions, rooms: EngineRoomSource) {
    this.#options = options;
    this.#rooms = rooms;
  }

  getOrCreateSession(request: SessionRequest): Promise<SessionInfo> {
    return this.#call(({ service }) => service.getOrCreateSession(TENANT, request));
  }

  findSession(threadId: string): Promise<SessionInfo | undefined> {
    return this.#call(({ service }) => service.findSession(TENANT, threadId));
  }

  endSession(sessionId: string): Promise<void> {
    return this.#call(({ service }) => service.endSession(TENANT, sessionId));
  }

  execute(sessionId: string, command: BackendCommand, hooks: BackendHooks): Promise<ExecResult> {
    return this.#call(({ service, idempotent }) => {
      const target = { service, tenant: TENANT, sessionId, idempotent };
      return runServiceCommand(target, command, hooks);
    });
  }

  listFiles(sessionId: string): Promise<FileListing> {
    return this.#call(({ service }) => service.listFiles(TENANT, sessionId));
  }

  readFile(sessionId: string, path: string): Promise<BackendDownload> {
    return this.#call(async ({ service }) => {
      const { content, contentLength } = await service.readFile(TENANT, sessionId, path);
      content.once("close", keepAlive.begin());
      return { sizeBytes: contentLength, content };
    });
  }

  writeFile(
    sessionId: string,
    path: string,
    content: Readable | Uint8Array,
    sizeBytes: number | undefined,
  ): Promise<UploadResult> {
    return this.#call(({ service }) =>
      service.writeFile(TENANT, sessionId, path, content, { sizeBytes }),
    );
  }

  removeFile(sessionId: string, path: string): Promise<void> {
    return this.#call(({ service }) => service.removeFile(TENANT, sessionId, path));
  }

  close(): Promise<void> {
    return keepAlive.during(async () => {
      const lease = await this.#lease?.catch(() => undefined);
      await lease?.release();
    });
  }

  #call<T>(action: (room: EngineRoomLease) => Promise<T>): Promise<T> {
    return keepAlive.during(async () => action(await this.#room()));
  }

  #room(): Promise<EngineRoomLease> {
    this.#lease ??= this.#rooms.lease(this.#options).catch((error: unknown) => {
      this.#lease = undefined;
      throw error;
    });
    return this.#lease;
  }
}
