import {
  numberSetting,
  optionalTextSetting,
  type SettingRelation,
  type SettingValues,
  textSetting,
} from "@sandbox-system/contract";
import { sentinelsSetting } from "./sentinels-setting.js";

/** Beats that may be missed before a worker counts as lost: one lost beat, or a slow one, must not cost its sessions. */
const BEATS_A_LEASE = 3;

/** Redis's own default. */
const DEFAULT_REDIS_PORT = 6379;

/** Variables by which workers and coordinators find their Redis and one another. */
export const clusterSettings = {
  REDIS_HOST: optionalTextSetting({
    form: "an address or a host name",
    pattern: /^[A-Za-z0-9.:_-]{1,253}$/,
    description:
      "Redis that the processes of a cluster share. Without it, REDIS_URL and REDIS_SENTINELS a worker stands alone.",
  }),
  REDIS_PORT: numberSetting({
    fallback: DEFAULT_REDIS_PORT,
    min: 1,
    max: 65_535,
    description: "Port of REDIS_HOST.",
  }),
  REDIS_USERNAME: optionalTextSetting({
    form: "a name",
    description: "User of Redis's access control list; absent: its default user.",
  }),
  REDIS_PASSWORD: optionalTextSetting({
    form: "a password",
    secret: true,
    description: "Password of Redis.",
  }),
  REDIS_URL: optionalTextSetting({
    form: "redis://[user:password@]host[:port][/database], or rediss:// for TLS",
    pattern: /^rediss?:\/\/[^\s/?#]+(\/\d{0,4})?$/,
    secret: true,
    description: "Redis in one line, instead of REDIS_HOST; rediss:// for TLS.",
  }),
  REDIS_SENTINELS: sentinelsSetting(
    "Sentinels that know where the Redis of REDIS_SENTINEL_NAME is, instead of REDIS_HOST.",
  ),
  REDIS_SENTINEL_NAME: optionalTextSetting({
    form: "a name without spaces",
    pattern: /^\S{1,128}$/,
    description: "Name of the Redis that REDIS_SENTINELS watch over.",
  }),
  REDIS_KEY_PREFIX: textSetting({
    fallback: "sandbox",
    form: "1 to 64 letters, digits, dots, colons, dashes or underscores",
    pattern: /^[A-Za-z0-9._:-]{1,64}$/,
    description: "What every key in Redis begins with; clusters that share a Redis need one each.",
  }),
  CLUSTER_TOKEN: optionalTextSetting({
    form: "16 to 256 printable characters without spaces",
    pattern: /^[\x21-\x7e]{16,256}$/,
    secret: true,
    description:
      "Secret by which workers know their coordinators; the same for all. Absent: the processes agree on one through Redis.",
  }),
  HEARTBEAT_INTERVAL_SECONDS: numberSetting({
    fallback: 5,
    min: 0.2,
    max: 3600,
    fraction: true,
    description: "Seconds between a worker's heartbeats. The same for all processes of a cluster.",
  }),
  LEASE_SECONDS: numberSetting({
    fallback: 15,
    min: 0.6,
    max: 86_400,
    fraction: true,
    description:
      "Seconds without a heartbeat after which a worker's sessions are lost; at least three intervals.",
  }),
} as const;

/** The type of {@link clusterSettings}. */
export type ClusterSettings = typeof clusterSettings;

/** Rules between {@link clusterSettings}. */
export const clusterSettingRelations: readonly SettingRelation<ClusterSettings>[] = [
  {
    between: ["HEARTBEAT_INTERVAL_SECONDS", "LEASE_SECONDS"],
    check: ({ HEARTBEAT_INTERVAL_SECONDS, LEASE_SECONDS }) =>
      toMs(HEARTBEAT_INTERVAL_SECONDS) * BEATS_A_LEASE <= toMs(LEASE_SECONDS)
        ? undefined
        : `LEASE_SECONDS must be at least ${String(BEATS_A_LEASE)} times HEARTBEAT_INTERVAL_SECONDS`,
  },
  {
    between: ["REDIS_HOST", "REDIS_URL", "REDIS_SENTINELS"],
    check(values) {
      const given = (["REDIS_HOST", "REDIS_URL", "REDIS_SENTINELS"] as const).filter(
        (name) => values[name] !== undefined,
      );
      return given.length <= 1 ? undefined : `${given.join(" and ")} exclude each other`;
    },
  },
  {
    between: ["REDIS_SENTINELS", "REDIS_SENTINEL_NAME"],
    check: ({ REDIS_SENTINELS, REDIS_SENTINEL_NAME }) =>
      (REDIS_SENTINELS === undefined) === (REDIS_SENTINEL_NAME === undefined)
        ? undefined
        : "REDIS_SENTINELS and REDIS_SENTINEL_NAME need each other",
  },
  {
    between: ["REDIS_URL", "REDIS_USERNAME", "REDIS_PASSWORD"],
    check: ({ REDIS_URL, REDIS_USERNAME, REDIS_PASSWORD }) =>
      REDIS_URL !== undefined && (REDIS_USERNAME !== undefined || REDIS_PASSWORD !== undefined)
        ? "REDIS_USERNAME and REDIS_PASSWORD belong into REDIS_URL when that is given"
        : undefined,
  },
];

/** Where Redis is. */
export type RedisAddress =
  | { readonly kind: "host"; readonly host: string; readonly port: number }
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "sentinels";
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly name: string;
    };

/** {@link ClusterSettings} compiled: durations in milliseconds. Holds secrets: never log it. */
export interface ClusterOptions {
  readonly redis: RedisAddress;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly keyPrefix: string;
  readonly token: string | undefined;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
}

/** Compiles parsed settings; undefined: no Redis is named, so the process stands alone. */
export function compileClusterOptions(
  values: SettingValues<ClusterSettings>,
): ClusterOptions | undefined {
  const redis = addressOf(values);
  if (redis === undefined) return undefined;
  return {
    redis,
    username: values.REDIS_USERNAME,
    password: values.REDIS_PASSWORD,
    keyPrefix: values.REDIS_KEY_PREFIX,
    token: values.CLUSTER_TOKEN,
    heartbeatMs: toMs(values.HEARTBEAT_INTERVAL_SECONDS),
    leaseMs: toMs(values.LEASE_SECONDS),
  };
}

function addressOf(values: SettingValues<ClusterSettings>): RedisAddress | undefined {
  const { REDIS_HOST, REDIS_PORT, REDIS_URL, REDIS_SENTINELS, REDIS_SENTINEL_NAME } = values;
  if (REDIS_URL !== undefined) return { kind: "url", url: REDIS_URL };
  if (REDIS_SENTINELS !== undefined)
    return { kind: "sentinels", sentinels: REDIS_SENTINELS, name: REDIS_SENTINEL_NAME ?? "" };
  if (REDIS_HOST !== undefined) return { kind: "host", host: REDIS_HOST, port: REDIS_PORT };
  return undefined;
}

/** Whole milliseconds: sums of fractions of seconds would not add up. */
function toMs(seconds: number): number {
  return Math.round(seconds * 1000);
}
