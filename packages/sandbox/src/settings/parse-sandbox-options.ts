import {
  type Environment,
  parseSettings,
  SettingsError,
  type SettingValues,
} from "@sandbox-system/contract";
import { parsePolicySettings } from "@sandbox-system/policy";
import type { SandboxOptions } from "./sandbox-options.js";
import { sandboxSettingRelations, sandboxSettings } from "./sandbox-settings.js";

const MIB = 1024 ** 2;

/** Compiles parsed settings: units become bytes and milliseconds. @throws SettingsError when the command lists are faulty. */
export function compileSandboxOptions(
  values: SettingValues<typeof sandboxSettings>,
): SandboxOptions {
  const policy = parsePolicySettings({
    commandPolicy: values.COMMAND_POLICY,
    allowedCommands: values.ALLOWED_COMMANDS,
    forbiddenPatterns: values.FORBIDDEN_PATTERNS,
  });
  if (!policy.ok) throw new SettingsError(policy.faults);
  return {
    workerId: values.WORKER_ID,
    pool: {
      size: values.POOL_SIZE,
      minSize: values.MIN_POOL_SIZE,
      maxSize: values.MAX_POOL_SIZE,
      aggressiveCleanup: values.AGGRESSIVE_CLEANUP,
      idleTimeoutMs: values.CONTAINER_IDLE_TIMEOUT_MINUTES * 60_000,
    },
    container: {
      image: values.CONTAINER_IMAGE,
      user: values.SANDBOX_USER,
      workspaceDir: values.WORKSPACE_DIR,
      networkMode: values.DOCKER_NETWORK_MODE,
      runtime: values.CONTAINER_RUNTIME,
      memoryBytes: values.MEMORY_LIMIT,
      cpuQuotaUs: values.CPU_QUOTA,
      pidsLimit: values.PIDS_LIMIT,
    },
    limits: {
      maxFileBytes: values.MAX_FILE_SIZE_MB * MIB,
      maxTotalFiles: values.MAX_TOTAL_FILES,
      maxWorkspaceBytes: values.MAX_WORKSPACE_SIZE_MB * MIB,
    },
    sessions: {
      timeoutMs: values.SESSION_TIMEOUT_MINUTES * 60_000,
      sweepIntervalMs: values.CLEANUP_INTERVAL_SECONDS * 1000,
    },
    transport: values.EXECD_TRANSPORT,
    runDir: values.RUN_DIR,
    dockerHost: values.DOCKER_HOST,
    policy: policy.settings,
  };
}

/** Reads the engine room's options from an environment. @throws SettingsError with all faults at once. */
export function parseSandboxOptions(env: Environment): SandboxOptions {
  return compileSandboxOptions(parseSettings(sandboxSettings, env, sandboxSettingRelations));
}
