/** One machine's engine room: engine → sandbox → warm pool → session; commands, files, limits. */
export { createSandboxService, type SandboxServiceAdapters } from "./create-sandbox-service.js";
export {
  type EngineMachine,
  type SandboxHealth,
  type SandboxService,
  type StopOptions,
} from "./sandbox-service.js";
export { callJournalPath } from "./ownership/run-dir.js";
export { type RetireReason, type SessionAssignment } from "./session/assigned-sessions.js";
export { type SessionLedger, type SessionSnapshot } from "./session/session-ledger.js";
export {
  type ContainerOptions,
  type LimitOptions,
  type PoolOptions,
  type SandboxOptions,
} from "./settings/sandbox-options.js";
export { compileSandboxOptions, parseSandboxOptions } from "./settings/parse-sandbox-options.js";
export { sandboxSettingRelations, sandboxSettings } from "./settings/sandbox-settings.js";
