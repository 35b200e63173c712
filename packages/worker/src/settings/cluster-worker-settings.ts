import { choiceSetting, optionalTextSetting } from "@sandbox-system/contract";

/** What only a worker is told about its life in a cluster and across restarts. */
export const clusterWorkerSettings = {
  WORKER_URL: optionalTextSetting({
    form: "an http:// or https:// URL",
    pattern: /^https?:\/\/[^\s/]+$/,
    description:
      "Where coordinators reach this worker; absent: at the address of its connection to Redis, and PORT.",
  }),
  SHUTDOWN_SESSIONS: choiceSetting({
    fallback: "auto",
    choices: ["auto", "keep", "end"],
    description:
      "What becomes of sessions on SIGTERM. keep: their sandboxes are left for half a minute for a successor with the same WORKER_ID and RUN_DIR, " +
      "which takes them over with files and background processes. end: they are removed. auto: keep in a cluster, end otherwise.",
  }),
} as const;
