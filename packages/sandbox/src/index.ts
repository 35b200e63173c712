/** One machine's engine room: engine → sandbox → warm pool → session; commands, files, limits. */
export { createSandboxService, type SandboxServiceAdapters } from "./create-sandbox-service.js";
export {
  type ByteRange,
  type ExecHooks,
  type ExecRequest,
  type FileDownload,
  type SandboxHealth,
  type SandboxService,
  type SessionQuery,
  type SessionRequest,
  type Tenant,
} from "./sandbox-service.js";
export {
  type ContainerOptions,
  type LimitOptions,
  type PoolOptions,
  type SandboxOptions,
} from "./settings/sandbox-options.js";
export { compileSandboxOptions, parseSandboxOptions } from "./settings/parse-sandbox-options.js";
export { sandboxSettingRelations, sandboxSettings } from "./settings/sandbox-settings.js";
