import type { LogFields } from "@sandbox-system/contract";

/** Names whose values never reach a log, wherever they stand. */
const SECRET_NAME = /pass(word|wd)?$|secret|token|api_?-?keys?$|authorization|cookie/i;

/** How deep fields are followed: log fields are flat, and a cyclic one must not hang the logger. */
const MAX_DEPTH = 4;

/** Fields as they may be logged: values under secret names replaced, errors unfolded to name, message, code and stack. */
export function redact(fields: LogFields): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(fields: LogFields, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && value !== undefined ? "[redacted]" : redactValue(value, depth),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[deep]";
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return redactObject(value as LogFields, depth + 1);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const code: unknown = "code" in error ? error.code : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  };
}
