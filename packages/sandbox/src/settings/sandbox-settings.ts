import {
  booleanSetting,
  bytesSetting,
  choiceSetting,
  numberSetting,
  optionalTextSetting,
  type SettingRelation,
  textSetting,
} from "@sandbox-system/contract";
import { parsePolicySettings } from "@sandbox-system/policy";

/** The variables of the engine room, with the names, units and defaults of the integration guide. */
export const sandboxSettings = {
  WORKER_ID: textSetting({
    fallback: "worker1",
    form: "1 to 64 letters, digits, dots, dashes or underscores",
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    description:
      "Name of this worker; it owns the containers that carry it. One running process a name and machine.",
  }),
  POOL_SIZE: numberSetting({
    fallback: 10,
    min: 0,
    max: 10_000,
    description: "Warm sandboxes to keep ready.",
  }),
  MIN_POOL_SIZE: numberSetting({
    fallback: 3,
    min: 0,
    max: 10_000,
    description: "Warm sandboxes that are kept even when the target falls below it.",
  }),
  MAX_POOL_SIZE: numberSetting({
    fallback: 80,
    min: 1,
    max: 10_000,
    description: "Sandboxes at most, warm and in use together.",
  }),
  AGGRESSIVE_CLEANUP: booleanSetting({
    fallback: true,
    description:
      "true: surplus warm sandboxes go at once; false: after CONTAINER_IDLE_TIMEOUT_MINUTES.",
  }),
  SESSION_TIMEOUT_MINUTES: numberSetting({
    fallback: 30,
    min: 0.01,
    max: 10_080,
    fraction: true,
    description: "Idle minutes after which a session expires, unless it asked for its own.",
  }),
  CONTAINER_IDLE_TIMEOUT_MINUTES: numberSetting({
    fallback: 5,
    min: 0.01,
    max: 10_080,
    fraction: true,
    description: "Minutes a surplus warm sandbox may idle when AGGRESSIVE_CLEANUP is false.",
  }),
  CLEANUP_INTERVAL_SECONDS: numberSetting({
    fallback: 300,
    min: 1,
    max: 86_400,
    description: "Seconds between sweeps for expired sessions and surplus sandboxes.",
  }),
  MAX_FILE_SIZE_MB: numberSetting({
    fallback: 100,
    min: 1,
    max: 1_048_576,
    description: "Largest file that may be uploaded, MiB.",
  }),
  MAX_TOTAL_FILES: numberSetting({
    fallback: 1000,
    min: 1,
    max: 10_000_000,
    description: "Files a workspace may hold.",
  }),
  MAX_WORKSPACE_SIZE_MB: numberSetting({
    fallback: 500,
    min: 1,
    max: 1_048_576,
    description: "Bytes a workspace may hold, MiB.",
  }),
  CONTAINER_IMAGE: textSetting({
    fallback: "sandbox-secure:latest",
    form: "an image reference",
    pattern: /^[\w][\w./:@-]{0,254}$/,
    description:
      "Image of the sandboxes. Any Linux image with a shell; the agent is added when it is not inside.",
  }),
  MEMORY_LIMIT: bytesSetting({
    fallback: "256m",
    minBytes: 16 * 1024 ** 2,
    description: "Memory of a sandbox; swap is not added to it.",
  }),
  CPU_QUOTA: numberSetting({
    fallback: 25_000,
    min: 0,
    max: 100_000_000,
    description:
      "CPU time of a sandbox, microseconds in every 100,000: 25000 is a quarter of one core; 0 lifts the limit.",
  }),
  PIDS_LIMIT: numberSetting({
    fallback: 128,
    min: 16,
    max: 100_000,
    description: "Processes and threads a sandbox may have.",
  }),
  SANDBOX_USER: textSetting({
    fallback: "sandboxuser",
    form: "a user name or uid, not root",
    pattern: /^(?!root(:|$)|0+(:|$))[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(:[A-Za-z0-9_.-]{1,32})?$/,
    description: "User that commands run as, inside the sandbox.",
  }),
  WORKSPACE_DIR: textSetting({
    fallback: "/workspace",
    form: "an absolute path below /",
    pattern: /^(\/[A-Za-z0-9._-]+)+$/,
    description: "Where the workspace is, inside the sandbox.",
  }),
  DOCKER_NETWORK_MODE: textSetting({
    fallback: "none",
    form: "a Docker network mode other than host or container:…",
    pattern: /^(?!host$|container:)[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    description: "Network of the sandboxes. none: no network at all.",
  }),
  DOCKER_HOST: optionalTextSetting({
    form: "unix://…, tcp://host:port or ssh://user@host",
    pattern: /^(unix|tcp|ssh|http|https|npipe):\/\//,
    description: "The Docker engine; absent: the local socket.",
  }),
  CONTAINER_RUNTIME: optionalTextSetting({
    form: "the name of a runtime that the engine knows",
    pattern: /^[A-Za-z0-9_.-]{1,64}$/,
    description: "OCI runtime of the sandboxes, e.g. runsc (gVisor); absent: the engine's default.",
  }),
  EXECD_TRANSPORT: choiceSetting({
    fallback: "auto",
    choices: ["auto", "unix", "attach"],
    description:
      "How the worker talks to the agent in a sandbox; auto probes for the fastest that works.",
  }),
  RUN_DIR: optionalTextSetting({
    form: "an absolute path of at most 40 characters",
    pattern: /^\/[\w./-]{1,39}$/,
    description:
      "Directory for the agents' sockets; absent: /run/sandbox-system for root, one in the temporary directory for others.",
  }),
  COMMAND_POLICY: choiceSetting({
    fallback: "enforce",
    choices: ["enforce", "off"],
    description: "off leaves the container as the only boundary.",
  }),
  ALLOWED_COMMANDS: optionalTextSetting({
    form: "command names, separated by commas",
    description:
      "Commands that may run. A list that begins with + adds to the default, any other replaces it.",
  }),
  FORBIDDEN_PATTERNS: optionalTextSetting({
    form: "command names, separated by commas",
    description:
      "Commands that never run. A list that begins with + adds to the default, any other replaces it.",
  }),
} as const;

/** Rules between {@link sandboxSettings}. */
export const sandboxSettingRelations: readonly SettingRelation<typeof sandboxSettings>[] = [
  {
    between: ["MIN_POOL_SIZE", "POOL_SIZE", "MAX_POOL_SIZE"],
    check: ({ MIN_POOL_SIZE, POOL_SIZE, MAX_POOL_SIZE }) =>
      MIN_POOL_SIZE <= POOL_SIZE && POOL_SIZE <= MAX_POOL_SIZE
        ? undefined
        : `MIN_POOL_SIZE ≤ POOL_SIZE ≤ MAX_POOL_SIZE must hold, but they are ${String(MIN_POOL_SIZE)}, ${String(POOL_SIZE)} and ${String(MAX_POOL_SIZE)}`,
  },
  {
    between: ["MAX_FILE_SIZE_MB", "MAX_WORKSPACE_SIZE_MB"],
    check: ({ MAX_FILE_SIZE_MB, MAX_WORKSPACE_SIZE_MB }) =>
      MAX_FILE_SIZE_MB <= MAX_WORKSPACE_SIZE_MB
        ? undefined
        : `MAX_FILE_SIZE_MB ≤ MAX_WORKSPACE_SIZE_MB must hold, but they are ${String(MAX_FILE_SIZE_MB)} and ${String(MAX_WORKSPACE_SIZE_MB)}`,
  },
  {
    between: ["COMMAND_POLICY", "ALLOWED_COMMANDS", "FORBIDDEN_PATTERNS"],
    check: ({ COMMAND_POLICY, ALLOWED_COMMANDS, FORBIDDEN_PATTERNS }) => {
      const policy = parsePolicySettings({
        commandPolicy: COMMAND_POLICY,
        allowedCommands: ALLOWED_COMMANDS,
        forbiddenPatterns: FORBIDDEN_PATTERNS,
      });
      return policy.ok ? undefined : policy.faults.join("; ");
    },
  },
];
