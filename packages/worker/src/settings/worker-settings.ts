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

/** Port of a worker when PORT is absent; the integration guide's. */
const DEFAULT_PORT = 5000;

/** HTTP variables of a worker. */
export const workerHttpSettings = httpSettings(DEFAULT_PORT);

/** All variables of a worker. */
export const workerSettings = { ...workerHttpSettings, ...sandboxSettings } as const;

const relations: readonly SettingRelation<typeof workerSettings>[] = [
  ...httpSettingRelations,
  ...sandboxSettingRelations,
];

/** A worker's configuration, compiled. */
export interface WorkerConfig {
  readonly http: HttpOptions;
  readonly sandbox: SandboxOptions;
}

/** Reads a worker's configuration. @throws SettingsError with all faults at once. */
export function parseWorkerConfig(environment: Environment): WorkerConfig {
  const values = parseSettings(workerSettings, environment, relations);
  return { http: compileHttpOptions(values), sandbox: compileSandboxOptions(values) };
}
