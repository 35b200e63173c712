import type { SandboxClientOptions } from "../options.js";

/** Something that runs sandboxes for clients, in one deployment: this process, a worker, a coordinator with workers. */
export interface ConformanceTarget {
  /** Brings it up with these settings, by the names of their environment variables. */
  start(settings: Readonly<Record<string, string>>): Promise<RunningTarget>;
}

/** A {@link ConformanceTarget} that is up. */
export interface RunningTarget {
  /** What a client is made with to reach it. */
  readonly clientOptions: SandboxClientOptions;
  /** Takes it down. The suite has closed its clients before. */
  stop(): Promise<void>;
}
