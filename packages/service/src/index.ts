/** What every process shares: configuration, logging, the HTTP shell, and the API's routes over narrow ports. */
export { loadEnvironment } from "./settings/load-environment.js";
export {
  compileHttpOptions,
  type HttpOptions,
  type HttpSettings,
  httpSettingRelations,
  httpSettings,
} from "./settings/http-settings.js";
export { documentSettings, type SettingsSection } from "./settings/document-settings.js";
export { createLogger, type LoggerOptions } from "./logging/winston-logger.js";
export { type ApiKey } from "./auth/api-keys-setting.js";
export { createKeyring, DEFAULT_TENANT, type Keyring } from "./auth/keyring.js";
export { type RequestRecord } from "./http/access-log.js";
export { createHttpApp, type HttpAppOptions } from "./http/http-app.js";
export { HttpListener, ListenError, type ListenerOptions } from "./http/http-listener.js";
export { expressPath } from "./http/mount-routes.js";
export {
  defineRoute,
  type Answer,
  type Exchange,
  type Route,
  type RouteDoc,
} from "./http/route.js";
export { Metrics } from "./metrics/metrics.js";
export { openApiDocument, type OpenApiDocument } from "./openapi/openapi-document.js";
export { type ApiPorts } from "./api/api-ports.js";
export { apiRoutes } from "./api/api-routes.js";
export { type NodeStatus, type Workers } from "./api/node-status.js";
