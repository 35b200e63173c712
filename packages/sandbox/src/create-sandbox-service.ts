import {
  type Clock,
  type Logger,
  newRegistrationId,
  silentLogger,
  systemClock,
} from "@sandbox-system/contract";
import { DockerEngine } from "./engine/docker-engine.js";
import type { ContainerEngine } from "./engine/container-engine.js";
import type { AgentTransport } from "./execd/transport/agent-transport.js";
import { createAttachTransport } from "./execd/transport/attach-transport.js";
import { TransportSelector } from "./execd/transport/transport-selector.js";
import { createUnixSocketTransport } from "./execd/transport/unix-socket-transport.js";
import { LocalSandboxService } from "./local-sandbox-service.js";
import { defaultRunDir, workerPaths } from "./ownership/run-dir.js";
import { WarmPool } from "./pool/warm-pool.js";
import { SandboxFactory } from "./sandbox/sandbox-factory.js";
import type { SandboxService } from "./sandbox-service.js";
import { SessionManager } from "./session/session-manager.js";
import type { SandboxOptions } from "./settings/sandbox-options.js";

/** What the engine room is given beside its options; each has a default for real use. */
export interface SandboxServiceAdapters {
  /** Default: says nothing. */
  readonly logger?: Logger | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: Docker, at `options.dockerHost`. */
  readonly engine?: ContainerEngine | undefined;
}

/**
 * Builds the engine room of this machine: the composition root of this package. Nothing runs before {@link SandboxService.start}.
 */
export function createSandboxService(
  options: SandboxOptions,
  adapters: SandboxServiceAdapters = {},
): SandboxService {
  const logger = adapters.logger ?? silentLogger;
  const clock = adapters.clock ?? systemClock;
  const engine = adapters.engine ?? new DockerEngine(options.dockerHost);
  const runDir = options.runDir ?? defaultRunDir();
  const registrationId = newRegistrationId();
  const factory = new SandboxFactory({
    engine,
    transports: new TransportSelector(transportsFor(options, engine, runDir, logger), logger),
    container: options.container,
    limits: options.limits,
    workerId: options.workerId,
    registrationId,
    clock,
    logger,
  });
  const pool = new WarmPool({
    sizes: options.pool,
    create: () => factory.create(),
    clock,
    logger,
    random: Math.random,
  });
  const sessions = new SessionManager({
    pool,
    defaultTimeoutMs: options.sessions.timeoutMs,
    clock,
    logger,
  });
  return new LocalSandboxService({
    options,
    engine,
    factory,
    pool,
    sessions,
    runDir,
    registrationId,
    clock,
    logger,
  });
}

/** gVisor refuses host sockets, and an engine elsewhere does not see ours; then only attach can work. */
function transportsFor(
  options: SandboxOptions,
  engine: ContainerEngine,
  runDir: string,
  logger: Logger,
): readonly [AgentTransport, ...AgentTransport[]] {
  const attach = createAttachTransport(engine, logger);
  if (options.transport === "attach") return [attach];
  const unix = createUnixSocketTransport(workerPaths(runDir, options.workerId).sockets);
  if (options.transport === "unix") return [unix];
  const elsewhere = options.dockerHost !== undefined && !options.dockerHost.startsWith("unix://");
  const isGvisor = options.container.runtime?.startsWith("runsc") === true;
  return elsewhere || isGvisor ? [attach] : [unix, attach];
}
