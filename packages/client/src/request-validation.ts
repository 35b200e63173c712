import { sandboxError } from "@sandbox-system/contract";

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The part of a zod schema that is needed here. */
export interface RequestSchema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

/**
 * Reads what a caller gave by the schema that the server holds it to, so that a faulty call fails at once and alike in both modes.
 * @throws SandboxError `INVALID_REQUEST`; the message names every fault, by the option's name.
 */
export function validated<T>(schema: RequestSchema<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({
    field: optionName(path),
    problem: message,
  }));
  const sentence = faults.map(({ field, problem }) => `${field}: ${problem}`).join("; ");
  throw sandboxError("INVALID_REQUEST", `The request is not valid: ${sentence}`, {
    details: { faults },
  });
}

/** `["thread_id"]` → `threadId`, `["env", "A"]` → `env.A`: options are camelCase in TypeScript, other keys are the caller's. */
function optionName(path: readonly PropertyKey[]): string {
  const [first = "request", ...rest] = path.map(String);
  const option = first.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return [option, ...rest].join(".");
}
