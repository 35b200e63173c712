import { randomBytes } from "node:crypto";
import { type Clock, type Logger, newSandboxId } from "@sandbox-system/contract";
import {
  type ContainerEngine,
  type ContainerSpec,
  EngineError,
} from "../engine/container-engine.js";
import { ContainerLabel } from "../engine/container-labels.js";
import { ExecdConnection } from "../execd/execd-connection.js";
import type { AgentTransport, PreparedTransport } from "../execd/transport/agent-transport.js";
import type { TransportSelector } from "../execd/transport/transport-selector.js";
import type { ContainerOptions, LimitOptions } from "../settings/sandbox-options.js";
import { withinDeadline } from "../within-deadline.js";
import { agentTerms } from "./agent-terms.js";
import { releaseSandbox } from "./release-sandbox.js";
import { Sandbox } from "./sandbox.js";
import { EXECD_PATH, resolveSandboxImage, type SandboxImage } from "./sandbox-image.js";

/** How long an agent may take from the container's start to its first word, milliseconds. Starting takes 0.3 s; under load, seconds. */
const CONNECT_TIMEOUT_MS = 20_000;

/** The same while it is not known whether the transport works here at all. */
const TRIAL_TIMEOUT_MS = 5_000;

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
  /** Ids of the sandboxes that have an owner here; the reaper leaves them alone. */
  readonly owned: Set<string>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes sandboxes: container, transport, agent, handshake. */
export class SandboxFactory {
  #image: Promise<SandboxImage> | undefined;

  constructor(private readonly options: SandboxFactoryOptions) {}

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
    const { engine, owned, clock, container, limits } = this.options;
    const id = newSandboxId();
    owned.add(id);
    const prepared = await this.#prepare(transport, id);
    let containerId: string | undefined;
    const release = (): Promise<void> =>
      releaseSandbox({ id, containerId, transport: prepared }, this.options);
    try {
      containerId = await engine.create(this.#spec(id, image, prepared));
      await prepared.beforeStart(containerId);
      await engine.start(containerId);
      const missed = "the agent did not connect";
      const deadline = { clock, deadlineMs: timeoutMs, missed };
      const stream = await withinDeadline(prepared.connected(), deadline);
      const { workspaceDir, user } = container;
      const secret = randomBytes(32);
      const connection = await ExecdConnection.open(stream, {
        clock,
        greetingTimeoutMs: timeoutMs,
        welcome: agentTerms({ secret, workspaceDir }, limits),
      });
      const identity = { id, containerId, transport: transport.name, secret, workspaceDir, user };
      return new Sandbox({ identity, connection, release });
    } catch (error) {
      await release();
      throw error;
    }
  }

  async #prepare(transport: AgentTransport, id: string): Promise<PreparedTransport> {
    try {
      return await transport.prepare(id);
    } catch (error) {
      this.options.owned.delete(id);
      throw error;
    }
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
}
