/** Command policy: parses bash into a tree and decides on the tree. No I/O. */
export { type CommandPolicy, createCommandPolicy } from "./command-policy.js";
export {
  MAX_FRAGMENT_LENGTH,
  POLICY_RULES,
  type PolicyDecision,
  type PolicyRule,
} from "./decision.js";
export { DEFAULT_ALLOWED_COMMANDS, DEFAULT_FORBIDDEN_COMMANDS } from "./default-lists.js";
export { isDangerousVariable } from "./judge/variables.js";
export {
  DEFAULT_POLICY_SETTINGS,
  type ParsedPolicySettings,
  parsePolicySettings,
  type PolicyEnvironment,
  type PolicySettings,
} from "./settings.js";
