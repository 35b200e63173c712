/** The process that serves sandboxes of one Docker engine over HTTP. */
export { composeWorker, type ComposedWorker, type ComposeOptions } from "./compose.js";
export { Worker, type WorkerParts } from "./process/worker.js";
export { type WorkerPhase } from "./process/worker-phase.js";
export {
  parseWorkerConfig,
  type WorkerConfig,
  workerHttpSettings,
  workerSettings,
} from "./settings/worker-settings.js";
