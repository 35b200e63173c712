import type { z } from "zod";
import { sandboxError } from "@sandbox-system/contract";

/** Part of a request that a schema judges; the first word of the fields that it names. */
export type RequestPart = "body" | "query" | "path" | "headers";

/** Faults that one answer names; a body can have as many as it has keys. */
const MAX_FAULTS = 10;

/** Characters of a field's name that are repeated; names may come from the request. */
const MAX_FIELD_LENGTH = 100;

/**
 * A part of a request as its schema understands it.
 * @throws SandboxError INVALID_REQUEST that names each faulty field and says what is wrong; also as `details.faults`.
 */
export function parsePart<S extends z.ZodType>(
  schema: S,
  value: unknown,
  part: RequestPart,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const faults = issues.slice(0, MAX_FAULTS).map(({ path, message }) => ({
    field: [part, ...path].map(String).join(".").slice(0, MAX_FIELD_LENGTH),
    problem: message.slice(0, 2 * MAX_FIELD_LENGTH),
  }));
  const sentence = faults.map(({ field, problem }) => `${field}: ${problem}`).join("; ");
  const more = issues.length > MAX_FAULTS ? "; and more" : "";
  throw sandboxError("INVALID_REQUEST", `The request is not valid: ${sentence}${more}`, {
    details: { faults },
  });
}
