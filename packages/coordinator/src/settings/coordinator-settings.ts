import {
  type ClusterOptions,
  clusterSettingRelations,
  clusterSettings,
  compileClusterOptions,
} from "@sandbox-system/cluster";
import {
  booleanSetting,
  type Environment,
  numberSetting,
  optionalTextSetting,
  parseSettings,
  type SettingRelation,
} from "@sandbox-system/contract";
import {
  compileHttpOptions,
  type HttpOptions,
  httpSettingRelations,
  httpSettings,
} from "@sandbox-system/service";
import { WORKER_URLS, workerUrls } from "./worker-urls.js";

/** Port of a coordinator when PORT is absent; the integration guide's. */
const DEFAULT_PORT = 8000;

/** HTTP variables of a coordinator. */
export const coordinatorHttpSettings = httpSettings(DEFAULT_PORT);

/** Variables that only coordinators have. */
export const coordinationSettings = {
  COORDINATOR_ID: optionalTextSetting({
    form: "1 to 64 letters, digits, dots, dashes or underscores",
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    description: "Name of this coordinator in logs and /health. Absent: the host's name.",
  }),
  WORKERS: optionalTextSetting({
    form: "http(s) URLs, separated by commas",
    pattern: WORKER_URLS,
    description:
      "Where workers are reached from here, for those whose own address means nothing to this coordinator. Workers are found through " +
      "Redis either way; /health names the addresses at which none answers.",
  }),
  CLEANUP_INTERVAL_SECONDS: numberSetting({
    fallback: 300,
    min: 1,
    max: 86_400,
    description: "Seconds between two sweeps over expired and lost sessions, in the whole cluster.",
  }),
  POOL_SCALING: booleanSetting({
    fallback: true,
    description: "Whether coordinators adapt the workers' warm pools to the demand.",
  }),
  POOL_SCALING_INTERVAL_SECONDS: numberSetting({
    fallback: 10,
    min: 1,
    max: 3600,
    description: "Seconds between two decisions on the warm pools, in the whole cluster.",
  }),
  POOL_HEADROOM: numberSetting({
    fallback: 0.5,
    min: 0,
    max: 10,
    fraction: true,
    description:
      "Share of warm sandboxes that is kept beyond the demand: 0.5 is half as many more.",
  }),
} as const;

/** All variables of a coordinator. */
export const coordinatorSettings = {
  ...coordinatorHttpSettings,
  ...coordinationSettings,
  ...clusterSettings,
} as const;

const relations: readonly SettingRelation<typeof coordinatorSettings>[] = [
  ...httpSettingRelations,
  ...clusterSettingRelations,
  {
    between: ["REDIS_HOST", "REDIS_URL", "REDIS_SENTINELS"],
    check: (values) => (compileClusterOptions(values) === undefined ? REDIS_MISSING : undefined),
  },
];

const REDIS_MISSING =
  "REDIS_HOST is not set: a coordinator needs the Redis that its workers share (REDIS_HOST, REDIS_URL or REDIS_SENTINELS)";

/** A coordinator's configuration, compiled: durations in milliseconds. */
export interface CoordinatorConfig {
  readonly http: HttpOptions;
  readonly cluster: ClusterOptions;
  readonly coordinatorId: string;
  /** Where workers are reached, as the operator says; without trailing slashes. */
  readonly workerUrls: readonly string[];
  readonly sweepIntervalMs: number;
  /** undefined: pools are left alone. */
  readonly scalingIntervalMs: number | undefined;
  readonly poolHeadroom: number;
}

/** Reads a coordinator's configuration; without COORDINATOR_ID it is called by its `hostName`. @throws SettingsError with all faults at once. */
export function parseCoordinatorConfig(
  environment: Environment,
  hostName: string,
): CoordinatorConfig {
  const values = parseSettings(coordinatorSettings, environment, relations);
  const cluster = compileClusterOptions(values);
  if (cluster === undefined) throw new Error(REDIS_MISSING);
  return {
    http: compileHttpOptions(values),
    cluster,
    coordinatorId: values.COORDINATOR_ID ?? hostName,
    workerUrls: workerUrls(values.WORKERS),
    sweepIntervalMs: values.CLEANUP_INTERVAL_SECONDS * 1000,
    scalingIntervalMs: values.POOL_SCALING
      ? values.POOL_SCALING_INTERVAL_SECONDS * 1000
      : undefined,
    poolHeadroom: values.POOL_HEADROOM,
  };
}
