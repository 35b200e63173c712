import { randomBytes } from "node:crypto";
import { type Clock, type Logger, newSandboxId, type Timer } from "@sandbox-system/contract";
import {
  type ContainerEngine,
  type ContainerSpec,
  EngineError,
} from "../engine/container-engine.js";
import { ContainerLabel } from "../engine/container-labels.js";
import { type AgentStream, ExecdConnection } from "../execd/execd-connection.js";
import type { AgentTransport, PreparedTransport } from "../execd/transport/agent-transport.js";
import type { TransportSelector } from "../execd/transport/transport-selector.js";
import type { ContainerOptions, LimitOptions } from "../settings/sandbox-options.js";
import { Sandbox } from "./sandbox.js";
import { EXECD_PATH, resolveSandboxImage, type SandboxImage } from "./sandbox-image.js";

/** How long an agent may take from the container's start to its first word, milliseconds. Starting takes 0.3 s; under load, seconds. */
const CONNECT_TIMEOUT_MS = 20_000;

/** The same while it is not known whether the transport works here at all. */
const TRIAL_TIMEOUT_MS = 5_000;

/** Between SIGTERM and SIGKILL, milliseconds: half of the second within which a timed-out command must be gone. */
const KILL_GRACE_MS = 500;

/** Silence of its owner after which a sandbox ends itself, milliseconds: no container outlives a dead owner for longer. */
const ORPHAN_TIMEOUT_MS = 45_000;

/** Credit of a stream, bytes: four pipes' worth keeps a transfer going over a round trip; 64 streams cost 16 MiB at most. */
const WINDOW_BYTES = 262_144;

/** Open files of one process: enough for sort and python, few enough to stay out of the kernel's way. */
const OPEN_FILES_LIMIT = 1024;

/** What the factory needs. */
export interface SandboxFactoryOptions {
  readonly engine: ContainerEngine;
  readonly transports: TransportSelector;
  readonly container: ContainerOptions;
  readonly limits: LimitOptions;
  readonly workerId: string;
  readonly registrationId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes sandboxes: container, transport, agent, handshake. */
export class SandboxFactory {
  #image: Promise<SandboxImage> | undefined;
  readonly #owned = new Set<string>();

  constructor(private readonly options: SandboxFactoryOptions) {}

  /** Whether a sandbox, by its id, is being made, alive or being removed here. What is not is for the reaper. */
  owns(sandboxId: string): boolean {
    return this.#owned.has(sandboxId);
  }

  /**
   * Makes a warm sandbox. What was made of one that fails is removed.
   * @throws EngineError, SandboxError, ConnectionLost, ProtocolViolation
   */
  async create(): Promise<Sandbox> {
    const image = await this.#resolveImage();
    const candidates = this.options.transports.candidates();
    const onTrial = candidates.length > 1;
    let failure: unknown;
    for (const transport of candidates) {
      const timeoutMs = onTrial ? TRIAL_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
      try {
        const sandbox = await this.#createOver(transport, image, timeoutMs);
        this.options.transports.succeeded(transport);
        return sandbox;
      } catch (error) {
        failure = error;
        if (error instanceof EngineError && error.fault === "unavailable") break;
        if (onTrial) this.#logTrial(transport, error);
      }
    }
    // The image may have been removed or replaced since.
    this.#image = undefined;
    throw failure;
  }

  #logTrial(transport: AgentTransport, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.options.logger.info("execd.transport.unusable", { transport: transport.name, reason });
  }

  #resolveImage(): Promise<SandboxImage> {
    const { engine, container, logger } = this.options;
    if (this.#image === undefined) {
      const resolving = resolveSandboxImage({ engine, options: container, logger });
      this.#image = resolving;
      resolving.catch(() => {
        if (this.#image === resolving) this.#image = undefined;
      });
    }
    return this.#image;
  }

  async #createOver(
    transport: AgentTransport,
    image: SandboxImage,
    timeoutMs: number,
  ): Promise<Sandbox> {
    const { engine, logger } = this.options;
    const id = newSandboxId();
    this.#owned.add(id);
    const prepared = await this.#prepare(transport, id);
    let containerId: string | undefined;
    const release = async (): Promise<void> => {
      const results = await Promise.allSettled([
        containerId === undefined ? undefined : engine.remove(containerId),
        prepared.dispose(),
      ]);
      this.#owned.delete(id);
      for (const result of results) {
        if (result.status === "rejected") {
          logger.warn("sandbox.remove", {
            sandboxId: id,
            outcome: "failed",
            reason: String(result.reason),
          });
        }
      }
    };
    try {
      containerId = await engine.create(this.#spec(id, image, prepared));
      await prepared.beforeStart(containerId);
      await engine.start(containerId);
      const stream = await this.#withTimeout(prepared.connected(), timeoutMs);
      const connection = await this.#greet(stream, timeoutMs);
      return new Sandbox({ id, containerId, connection, release });
    } catch (error) {
      await release();
      throw error;
    }
  }

  async #prepare(transport: AgentTransport, id: string): Promise<PreparedTransport> {
    try {
      return await transport.prepare(id);
    } catch (error) {
      this.#owned.delete(id);
      throw error;
    }
  }

  #greet(stream: AgentStream, greetingTimeoutMs: number): Promise<ExecdConnection> {
    const { container, limits, clock } = this.options;
    return ExecdConnection.open(stream, {
      clock,
      greetingTimeoutMs,
      welcome: {
        secret: randomBytes(32),
        workspaceDir: container.workspaceDir,
        maxWorkspaceBytes: limits.maxWorkspaceBytes,
        maxFiles: limits.maxTotalFiles,
        killGraceMs: KILL_GRACE_MS,
        orphanTimeoutMs: ORPHAN_TIMEOUT_MS,
        window: WINDOW_BYTES,
      },
    });
  }

  #spec(id: string, image: SandboxImage, prepared: PreparedTransport): ContainerSpec {
    const { container, limits, workerId, registrationId } = this.options;
    const user = container.user.split(":")[0] ?? container.user;
    return {
      name: id,
      image: image.reference,
      entrypoint: [EXECD_PATH, ...prepared.agentArguments],
      user: container.user,
      env: [`HOME=${image.homeDir}`, `USER=${user}`, `LOGNAME=${user}`, "LANG=C.UTF-8"],
      labels: {
        [ContainerLabel.SYSTEM]: "1",
        [ContainerLabel.WORKER]: workerId,
        [ContainerLabel.REGISTRATION]: registrationId,
        [ContainerLabel.SANDBOX]: id,
      },
      hostname: "sandbox",
      networkMode: container.networkMode,
      runtime: container.runtime,
      workspaceDir: container.workspaceDir,
      // Memory-backed, so they count against the memory limit; together at most half of it.
      tmpfs: {
        "/tmp": Math.floor(container.memoryBytes / 4),
        [image.homeDir]: Math.floor(container.memoryBytes / 8),
      },
      shmBytes: Math.floor(container.memoryBytes / 8),
      memoryBytes: container.memoryBytes,
      cpuQuotaUs: container.cpuQuotaUs,
      pidsLimit: container.pidsLimit,
      openFilesLimit: OPEN_FILES_LIMIT,
      fileBytesLimit: limits.maxWorkspaceBytes,
      socketMount: prepared.socketMount,
    };
  }

  async #withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = this.options.clock.setTimer(timeoutMs, () => {
        reject(new Error(`the agent did not connect within ${String(timeoutMs)} ms`));
      });
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      timer?.cancel();
    }
  }
}
