import { finished, type Readable } from "node:stream";
import type { SessionRegistry } from "@sandbox-system/cluster";
import type {
  ByteRange,
  ExecHooks,
  ExecRequest,
  ExecResult,
  FileDownload,
  FileEntry,
  FileListing,
  SessionInfo,
  UploadResult,
} from "@sandbox-system/contract";
import { endToldBy } from "./route-errors.js";
import type { RouteCache } from "./route-cache.js";
import type { SessionAddress, SessionRouter } from "./session-router.js";
import { UploadContent } from "./upload-content.js";

/** What calls about sessions are made with. */
export interface SessionCallsParts {
  readonly router: SessionRouter;
  readonly registry: SessionRegistry;
  readonly cache: RouteCache;
}

/** A file of a session. */
export interface FileAddress extends SessionAddress {
  readonly path: string;
}

/** Everything that is asked of a session that exists, as calls to the worker that holds it. Rejects as {@link SessionRouter.call} does. */
export class SessionCalls {
  readonly #parts: SessionCallsParts;

  constructor(parts: SessionCallsParts) {
    this.#parts = parts;
  }

  getSession(address: SessionAddress): Promise<SessionInfo> {
    return this.#parts.router.call(address, {
      repetition: "repeatable",
      isControl: true,
      run: (client, signal) => client.getSession({ ...address, signal }),
    });
  }

  /** Resolves as well when there is no such session. Where the worker is gone, the registry alone ends it. */
  async endSession(address: SessionAddress): Promise<void> {
    const { router, registry, cache } = this.#parts;
    try {
      await router.call<undefined>(
        address,
        {
          repetition: "repeatable",
          async run(client, signal) {
            await client.endSession({ ...address, signal });
            return undefined;
          },
        },
        async ({ sessionId, generation }) => {
          await registry.end({ sessionId, generation }, "closed");
          return { value: undefined };
        },
      );
    } catch (error) {
      if (endToldBy(error) === undefined) throw error;
    }
    const route = cache.get(address.sessionId);
    if (route?.tenant === address.tenant) cache.forget(route);
  }

  execute(address: SessionAddress, request: ExecRequest, hooks: ExecHooks): Promise<ExecResult> {
    return this.#parts.router.call(address, {
      repetition: "once",
      signal: hooks.signal,
      run: (client, signal) => client.execute({ ...address, request, hooks, signal }),
    });
  }

  listFiles(address: SessionAddress): Promise<FileListing> {
    return this.#parts.router.call(address, {
      repetition: "repeatable",
      run: (client, signal) => client.listFiles({ ...address, signal }),
    });
  }

  statFile(address: FileAddress): Promise<FileEntry> {
    return this.#parts.router.call(address, {
      repetition: "repeatable",
      run: (client, signal) => client.statFile({ ...address, signal }),
    });
  }

  /** The bytes stream through; the transfer breaks when the worker is lost. */
  readFile(address: FileAddress, range: ByteRange | undefined): Promise<FileDownload> {
    return this.#parts.router.call(address, {
      repetition: "repeatable",
      run: (client, signal) => client.readFile({ ...address, signal }, range),
      complete: ({ content }) => endOf(content),
    });
  }

  /** The bytes stream through, and are not touched before the worker takes them. */
  async writeFile(
    address: FileAddress,
    content: Readable | Uint8Array,
    sizeBytes: number | undefined,
  ): Promise<UploadResult> {
    const upload = new UploadContent(content);
    try {
      return await this.#parts.router.call(address, {
        repetition: "once",
        run: (client, signal) =>
          client.writeFile({ ...address, signal }, { open: () => upload.open(), sizeBytes }),
        canRunAgain: () => upload.isWhole,
      });
    } catch (error) {
      upload.discard();
      throw upload.fault ?? error;
    }
  }

  removeFile(address: FileAddress): Promise<void> {
    return this.#parts.router.call(address, {
      repetition: "once",
      run: (client, signal) => client.removeFile({ ...address, signal }),
    });
  }
}

function endOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    finished(stream, () => {
      resolve();
    });
  });
}
