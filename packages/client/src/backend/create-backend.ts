import { sandboxError } from "@sandbox-system/contract";
import { createLocalBackend } from "../local/local-backend.js";
import type { SandboxClientOptions } from "../options.js";
import { createHttpBackend } from "../remote/http-backend.js";
import type { SandboxBackend } from "./sandbox-backend.js";

/**
 * Builds the backend that the options name; nothing is reached for before its first call.
 * @throws SandboxError `INVALID_REQUEST` when the options cannot be used.
 */
export function createBackend(options: SandboxClientOptions): SandboxBackend {
  switch (options.mode) {
    case "local":
      return createLocalBackend(options);
    case "remote":
      return createHttpBackend(options);
    default:
      throw sandboxError("INVALID_REQUEST", 'mode must be "local" or "remote"', {
        details: { mode: (options as { mode?: unknown }).mode },
      });
  }
}
