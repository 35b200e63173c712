import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Clock, Logger } from "@sandbox-system/contract";
import type { Session } from "../session/session.js";
import type { SessionKeeper } from "../session/session-keeper.js";
import { StateMalformed } from "./field-reader.js";
import {
  formatKeptSession,
  isSandboxId,
  type KeptSession,
  parseKeptSession,
} from "./kept-session.js";

const FILE_SUFFIX = ".json";

/** Largest state file that is read, bytes: 64 variables of 32 KiB, each byte six in JSON at worst, and room for the rest. */
const MAX_FILE_BYTES = 16 * 1024 ** 2;

/** What the store needs. */
export interface KeptSessionsOptions {
  /** A directory for this worker alone; no container sees it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * State files, one for each session that a successor process can take over: written before the session is shown, removed when it ends. They hold
 * secrets, so nobody but this user may read them. They outlive the process, not the machine: nothing is synced to disk.
 */
export class KeptSessions implements SessionKeeper {
  constructor(private readonly options: KeptSessionsOptions) {}

  /** What an earlier process left, the directory made when there is none. What cannot be read is logged and removed. */
  async load(): Promise<KeptSession[]> {
    await this.#makeDirectory();
    const names = await readdir(this.options.directory);
    const kept = await Promise.all(names.map((name) => this.#read(name)));
    return kept.filter((entry) => entry !== undefined);
  }

  async keep(session: Session): Promise<void> {
    const { sandbox, ...terms } = session.facts;
    const path = this.#pathOf(sandbox.id);
    const staged = `${path}.new`;
    try {
      const text = formatKeptSession({ sandbox: sandbox.identity, session: terms });
      await writeFile(staged, text, { mode: 0o600 });
      await rename(staged, path);
    } catch (error) {
      this.#warn("session.keep", { sessionId: terms.id, sandboxId: sandbox.id }, error);
    }
  }

  async forget(sandboxId: string): Promise<void> {
    try {
      await rm(this.#pathOf(sandboxId), { force: true });
    } catch (error) {
      this.#warn("session.forget", { sandboxId }, error);
    }
  }

  /** Shows other workers that the owner of these files lived a moment ago (`ownership/run-dir.ts`). */
  async refresh(): Promise<void> {
    const now = new Date(this.options.clock.now());
    // Without the directory there is nothing to protect.
    await utimes(this.options.directory, now, now).catch(() => undefined);
  }

  #pathOf(sandboxId: string): string {
    return join(this.options.directory, `${sandboxId}${FILE_SUFFIX}`);
  }

  /** Another user could have been there first, where the run directory is in a public place. */
  async #makeDirectory(): Promise<void> {
    const { directory } = this.options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const facts = await lstat(directory);
    if (!facts.isDirectory() || facts.uid !== userInfo().uid) {
      throw new Error(`${directory} must be a directory that belongs to the user of this process`);
    }
    await chmod(directory, 0o700);
  }

  async #read(name: string): Promise<KeptSession | undefined> {
    const path = join(this.options.directory, name);
    try {
      const sandboxId = name.slice(0, -FILE_SUFFIX.length);
      if (!name.endsWith(FILE_SUFFIX) || !isSandboxId(sandboxId)) {
        throw new StateMalformed("its name is not that of a state file");
      }
      const facts = await lstat(path);
      if (!facts.isFile() || facts.size > MAX_FILE_BYTES) {
        throw new StateMalformed("it is not a file, or too large");
      }
      const kept = parseKeptSession(await readFile(path, "utf8"));
      if (kept.sandbox.id !== sandboxId) throw new StateMalformed("it is about another sandbox");
      return kept;
    } catch (error) {
      this.#warn("session.kept.unreadable", { file: name }, error);
      await rm(path, { recursive: true, force: true });
      return undefined;
    }
  }

  #warn(event: string, fields: Record<string, unknown>, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.options.logger.warn(event, { ...fields, outcome: "failed", reason });
  }
}
