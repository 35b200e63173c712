import { z } from "zod";

/**
 * GET /v1/policy: the command policy that this server decides by, so that a client can refuse early by the very same lists.
 */
export const policyBodySchema = z.object({
  mode: z.enum(["enforce", "off"]),
  allowed_commands: z.array(z.string()),
  forbidden_commands: z.array(z.string()),
  max_command_bytes: z.int().positive(),
});

/** {@link policyBodySchema} as a type. */
export type PolicyBody = z.infer<typeof policyBodySchema>;
