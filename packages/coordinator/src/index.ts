/** The process that routes sessions to workers and places new ones. */
export { composeCoordinator, type ComposedCoordinator, type ComposeOptions } from "./compose.js";
export { Coordinator, type CoordinatorParts } from "./process/coordinator.js";
export { type CoordinatorPhase } from "./process/coordinator-phase.js";
export {
  coordinationSettings,
  type CoordinatorConfig,
  coordinatorHttpSettings,
  coordinatorSettings,
  parseCoordinatorConfig,
} from "./settings/coordinator-settings.js";
