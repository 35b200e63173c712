import { EngineError } from "./container-engine.js";

/** System errors that mean that nobody answers at the engine's address. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EACCES",
  "EPIPE",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ETIMEDOUT",
]);

interface DockerFailure {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message?: string;
}

/** Translates what a Docker client threw while it should `what`. */
export function engineError(what: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { code, statusCode, message = String(error) } = error as DockerFailure;
  if (statusCode === undefined && (code === undefined || UNREACHABLE.has(code))) {
    const said = `Cannot ${what}: the container engine does not answer (${message})`;
    return new EngineError("unavailable", said, { cause: error });
  }
  const fault = statusCode === 404 ? "not-found" : "refused";
  return new EngineError(fault, `Cannot ${what}: ${message}`, { cause: error });
}

/** The call's result; undefined when the engine does not know what it is about. */
export async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if ((error as DockerFailure).statusCode === 404) return undefined;
    throw error;
  }
}

/** Whether the engine said that it is doing that already. */
export function isInProgress(error: unknown): boolean {
  return (error as DockerFailure).statusCode === 409;
}
