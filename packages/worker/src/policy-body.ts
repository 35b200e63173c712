import type { PolicyBody } from "@sandbox-system/contract";
import type { PolicySettings } from "@sandbox-system/policy";

/** The wire form of the command policy. */
export function policyToBody(policy: PolicySettings): PolicyBody {
  return {
    mode: policy.mode,
    allowed_commands: [...policy.allowedCommands],
    forbidden_commands: [...policy.forbiddenCommands],
    max_command_bytes: policy.maxCommandBytes,
  };
}
