import type { AgentStream } from "../execd/execd-connection.js";

/** What an engine can do, as far as it matters here. */
export interface EngineFacts {
  /** Names the engine: two workers that see the same one share its machine. */
  readonly id: string;
  /** Memory of its machine, bytes. */
  readonly memoryBytes: number;
  /** Cores of its machine. */
  readonly cpus: number;
  readonly version: string;
  /** OCI runtimes it knows. */
  readonly runtimes: readonly string[];
  readonly seccomp: boolean;
  readonly memoryLimit: boolean;
  readonly cpuQuota: boolean;
  readonly pidsLimit: boolean;
  readonly rootless: boolean;
}

/** An image as far as it matters here. */
export interface ImageFacts {
  /** Content id: changes when the image does. */
  readonly id: string;
  /** As Docker names it: amd64, arm64. */
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A sandbox's container before it is made. Everything that is not named here is off. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly networkMode: string;
  readonly runtime: string | undefined;
  /** Where the volume of its own is mounted; the only place that is written to disk. */
  readonly workspaceDir: string;
  /** Memory-backed directories: absolute path → size in bytes. */
  readonly tmpfs: Readonly<Record<string, number>>;
  readonly shmBytes: number;
  readonly memoryBytes: number;
  /** Microseconds in every 100,000; 0: no limit. */
  readonly cpuQuotaUs: number;
  readonly pidsLimit: number;
  readonly openFilesLimit: number;
  /** Largest file a process may write, bytes. */
  readonly fileBytesLimit: number;
  /** A host directory to show read-only, for the agent's socket. */
  readonly socketMount: { readonly hostDir: string; readonly containerDir: string } | undefined;
}

/** A container of this system. */
export interface ContainerSummary {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Why an engine call failed; callers branch on this. */
export type EngineFault = "unavailable" | "not-found" | "refused";

/** The engine did not do what it was asked. Retry only `unavailable`. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  constructor(
    readonly fault: EngineFault,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * The container engine, as the engine room needs it. Adapters: Docker (docker-engine.ts) and a fake for tests; one conformance
 * suite holds both. All methods throw {@link EngineError}.
 */
export interface ContainerEngine {
  /** What it can do. Also the way to ask whether it is there. */
  facts(): Promise<EngineFacts>;

  /** undefined: the engine does not have it. Never pulls. */
  findImage(reference: string): Promise<ImageFacts | undefined>;

  /** Makes, but does not start, a hardened container; gives its id. */
  create(spec: ContainerSpec): Promise<string>;

  /**
   * Attaches to stdin and stdout of a container that may not have started yet. `onDiagnostics` gets what the agent writes to stderr.
   */
  attach(containerId: string, onDiagnostics: (line: string) => void): Promise<AgentStream>;

  start(containerId: string): Promise<void>;

  /** Kills and removes a container with its volumes. Resolves as well when it is already gone. */
  remove(containerId: string): Promise<void>;

  /** All containers, running or not, that carry these labels. */
  list(labels: Readonly<Record<string, string>>): Promise<ContainerSummary[]>;

  /** Makes an image from another: files are put in, configuration is changed. */
  prepareImage(preparation: ImagePreparation): Promise<void>;

  /** Reads a file out of an image; undefined: not there. */
  readImageFile(image: string, path: string): Promise<Buffer | undefined>;

  /** Resolves when the engine goes away: its event stream ends. Rejects when it cannot be watched. */
  watch(signal: AbortSignal): Promise<void>;
}

/** A file or directory to put into an image. */
export interface ImageFile {
  /** Relative to /. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** undefined: a directory. */
  readonly content: Uint8Array | undefined;
}

/** How to make an image from another. */
export interface ImagePreparation {
  readonly from: string;
  /** `repository:tag` of the new one. */
  readonly reference: string;
  readonly files: readonly ImageFile[];
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
}
