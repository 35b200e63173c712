import {
  type ClusterOptions,
  clusterSettingRelations,
  clusterSettings,
  compileClusterOptions,
} from "@sandbox-system/cluster";
import { type Environment, parseSettings, type SettingRelation } from "@sandbox-system/contract";
import {
  compileSandboxOptions,
  type SandboxOptions,
  sandboxSettingRelations,
  sandboxSettings,
} from "@sandbox-system/sandbox";
import {
  compileHttpOptions,
  type HttpOptions,
  httpSettingRelations,
  httpSettings,
} from "@sandbox-system/service";
import { clusterWorkerSettings } from "./cluster-worker-settings.js";

/** Port of a worker when PORT is absent; the integration guide's. */
const DEFAULT_PORT = 5000;

/** HTTP variables of a worker. */
export const workerHttpSettings = httpSettings(DEFAULT_PORT);

/** All variables of a worker. */
export const workerSettings = {
  ...workerHttpSettings,
  ...sandboxSettings,
  ...clusterWorkerSettings,
  ...clusterSettings,
} as const;

const relations: readonly SettingRelation<typeof workerSettings>[] = [
  ...httpSettingRelations,
  ...sandboxSettingRelations,
  ...clusterSettingRelations,
];

/** A worker's life beyond one process. */
interface ContinuityOptions {
  /** Whether SIGTERM leaves the sessions' sandboxes for a successor. */
  readonly keepsSessions: boolean;
  /** Where coordinators reach this worker; undefined: found out from the connection to Redis. */
  readonly url: string | undefined;
}

/** A worker's configuration, compiled. */
export interface WorkerConfig {
  readonly http: HttpOptions;
  readonly sandbox: SandboxOptions;
  readonly continuity: ContinuityOptions;
  /** undefined: the worker stands alone. */
  readonly cluster: ClusterOptions | undefined;
}

/**
 * Reads a worker's configuration. In a cluster a worker without WORKER_ID is called by its `hostName`, so that many can be started
 * from one description. @throws SettingsError with all faults at once.
 */
export function parseWorkerConfig(environment: Environment, hostName = "worker1"): WorkerConfig {
  const values = parseSettings(workerSettings, environment, relations);
  const cluster = compileClusterOptions(values);
  const isNamed = (environment["WORKER_ID"]?.trim() ?? "") !== "";
  const workerId =
    cluster === undefined || isNamed ? values.WORKER_ID : workerIdFromHostName(hostName);
  const keep = values.SHUTDOWN_SESSIONS;
  return {
    http: compileHttpOptions(values),
    sandbox: { ...compileSandboxOptions(values), workerId },
    continuity: {
      keepsSessions: keep === "keep" || (keep === "auto" && cluster !== undefined),
      url: values.WORKER_URL,
    },
    cluster,
  };
}

/** The host's name in the form of a worker's. */
function workerIdFromHostName(hostName: string): string {
  const name = hostName.replaceAll(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, 64) || "worker1";
}
