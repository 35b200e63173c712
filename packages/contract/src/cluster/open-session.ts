import { z } from "zod";
import { createSessionRequestSchema } from "../session.js";

/** Header by which a coordinator tells a worker whose request it carries. Believed only beside the cluster's token. */
export const TENANT_HEADER = "x-sandbox-tenant";

/**
 * PUT /v1/cluster/sessions/{session_id}, from a coordinator to a worker: the session of exactly this id and generation. Answers as
 * get-or-create does: 201 when this call made it, 200 when it was there; joins callers who ask at the same time.
 */
export const openSessionBodySchema = createSessionRequestSchema.extend({
  generation: z.int().min(1),
  create: z
    .boolean()
    .describe("false: the registry says that the worker has it; when it has not, it is lost"),
});

/** {@link openSessionBodySchema} as a type. */
export type OpenSessionBody = z.infer<typeof openSessionBodySchema>;
