import {
  booleanSetting,
  choiceSetting,
  numberSetting,
  type SettingRelation,
  type SettingValues,
  textSetting,
} from "@sandbox-system/contract";
import { apiKeysSetting } from "../auth/api-keys-setting.js";
import { namesSetting } from "./names-setting.js";

/**
 * The variables that every process with an HTTP interface takes. `defaultPort` is 5000 for a worker and 8000 for a coordinator, as in
 * the integration guide.
 */
export function httpSettings(defaultPort: number) {
  return {
    PORT: numberSetting({
      fallback: defaultPort,
      min: 0,
      max: 65_535,
      description: "TCP port to listen on; 0 takes any free one.",
    }),
    HOST: textSetting({
      fallback: "0.0.0.0",
      form: "an address or a host name",
      pattern: /^[A-Za-z0-9.:_-]{1,253}$/,
      description: "Address to listen on. 127.0.0.1 serves this machine only.",
    }),
    API_KEYS: apiKeysSetting(
      "Keys that clients must show, `name:key,name2:key2` or bare keys. Every name is a tenant: tenants never see each other's " +
        "sessions. Several keys may carry one name, to change keys without an outage. Absent: no key is asked for.",
    ),
    ADMIN_KEY_NAMES: namesSetting(
      "Names in API_KEYS whose keys may drain a worker. Without API_KEYS everybody may.",
    ),
    LOG_LEVEL: choiceSetting({
      fallback: "info",
      choices: ["error", "warn", "info", "debug"],
      description: "Least severe level that is logged.",
    }),
    LOG_FORMAT: choiceSetting({
      fallback: "json",
      choices: ["json", "pretty"],
      description: "json: one object a line; pretty: for people.",
    }),
    SHUTDOWN_GRACE_SECONDS: numberSetting({
      fallback: 30,
      min: 0,
      max: 3600,
      description: "Seconds that running commands and requests may take to finish after SIGTERM.",
    }),
    REQUEST_TIMEOUT_SECONDS: numberSetting({
      fallback: 300,
      min: 1,
      max: 86_400,
      description: "Seconds within which a request, uploads included, must have arrived whole.",
    }),
    MAX_JSON_BODY_MB: numberSetting({
      fallback: 8,
      min: 1,
      max: 64,
      description:
        "Largest JSON body, MiB. 8 carries the largest valid command, even with every byte of its stdin escaped.",
    }),
    DEFAULT_METRICS: booleanSetting({
      fallback: true,
      description:
        "Whether /metrics shows the process's own CPU, memory and event-loop numbers too.",
    }),
  } as const;
}

/** The type of {@link httpSettings}. */
export type HttpSettings = ReturnType<typeof httpSettings>;

/** Rules between {@link httpSettings}. */
export const httpSettingRelations: readonly SettingRelation<HttpSettings>[] = [
  {
    between: ["API_KEYS", "ADMIN_KEY_NAMES"],
    check({ API_KEYS, ADMIN_KEY_NAMES }) {
      const known = new Set(API_KEYS.map(({ tenant }) => tenant));
      const unknown = ADMIN_KEY_NAMES.filter((name) => !known.has(name));
      return unknown.length === 0
        ? undefined
        : `ADMIN_KEY_NAMES has names that are not in API_KEYS: ${unknown.join(", ")}`;
    },
  },
];

/** {@link HttpSettings} compiled: durations in milliseconds, sizes in bytes. */
export interface HttpOptions {
  readonly port: number;
  readonly host: string;
  readonly apiKeys: HttpSettingValues["API_KEYS"];
  readonly adminTenants: readonly string[];
  readonly logLevel: HttpSettingValues["LOG_LEVEL"];
  readonly logFormat: HttpSettingValues["LOG_FORMAT"];
  readonly shutdownGraceMs: number;
  readonly requestTimeoutMs: number;
  readonly maxJsonBodyBytes: number;
  readonly defaultMetrics: boolean;
}

type HttpSettingValues = SettingValues<HttpSettings>;

/** Compiles parsed settings. */
export function compileHttpOptions(values: HttpSettingValues): HttpOptions {
  return {
    port: values.PORT,
    host: values.HOST,
    apiKeys: values.API_KEYS,
    adminTenants: values.ADMIN_KEY_NAMES,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1000,
    requestTimeoutMs: values.REQUEST_TIMEOUT_SECONDS * 1000,
    maxJsonBodyBytes: values.MAX_JSON_BODY_MB * 1024 ** 2,
    defaultMetrics: values.DEFAULT_METRICS,
  };
}
