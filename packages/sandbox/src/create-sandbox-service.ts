import {
  type Clock,
  type Logger,
  newRegistrationId,
  silentLogger,
  systemClock,
} from "@sandbox-system/contract";
import { KeptSessions } from "./adoption/kept-sessions.js";
import { SandboxAdopter } from "./adoption/sandbox-adopter.js";
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
import { ServiceLife } from "./service-life.js";
import { AssignedSessions } from "./session/assigned-sessions.js";
import { noKeeper } from "./session/session-keeper.js";
import { noLedger, type SessionLedger } from "./session/session-ledger.js";
import { SessionLifecycle } from "./session/session-lifecycle.js";
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
  /** Who is told about sessions and may refuse them. Default: nobody. */
  readonly ledger?: SessionLedger | undefined;
  /**
   * Whether a process of the same worker that starts after this one takes its sessions over, and this one those of its predecessor. Default
   * false: they end with their process.
   */
  readonly keepsSessions?: boolean | undefined;
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
  const paths = workerPaths(runDir, options.workerId);
  const owned = new Set<string>();
  const attach = createAttachTransport(engine, logger);
  const unix = createUnixSocketTransport(paths.sockets);
  const factory = new SandboxFactory({
    engine,
    transports: new TransportSelector(transportsFor(options, { unix, attach }), logger),
    container: options.container,
    limits: options.limits,
    workerId: options.workerId,
    registrationId,
    owned,
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
  const kept =
    adapters.keepsSessions === true
      ? new KeptSessions({ directory: paths.state, clock, logger })
      : undefined;
  const lifecycle = new SessionLifecycle({
    pool,
    ledger: adapters.ledger ?? noLedger,
    keeper: kept ?? noKeeper,
    clock,
    logger,
  });
  const defaultTimeoutMs = options.sessions.timeoutMs;
  const sessions = new SessionManager({ lifecycle, defaultTimeoutMs, clock });
  const life = new ServiceLife({
    options,
    engine,
    pool,
    lifecycle,
    sessions,
    adopter: new SandboxAdopter({
      engine,
      transports: { unix, attach },
      limits: options.limits,
      owned,
      clock,
      logger,
    }),
    kept,
    owned,
    runDir,
    clock,
    logger,
  });
  const assigned = new AssignedSessions({ sessions, lifecycle, clock });
  return new LocalSandboxService({
    options,
    registrationId,
    life,
    pool,
    sessions,
    assigned,
    clock,
    logger,
  });
}

/** gVisor refuses host sockets, and an engine elsewhere does not see ours; then only attach can work. */
function transportsFor(
  options: SandboxOptions,
  { unix, attach }: Readonly<Record<AgentTransport["name"], AgentTransport>>,
): readonly [AgentTransport, ...AgentTransport[]] {
  if (options.transport === "attach") return [attach];
  if (options.transport === "unix") return [unix];
  const elsewhere = options.dockerHost !== undefined && !options.dockerHost.startsWith("unix://");
  const isGvisor = options.container.runtime?.startsWith("runsc") === true;
  return elsewhere || isGvisor ? [attach] : [unix, attach];
}
