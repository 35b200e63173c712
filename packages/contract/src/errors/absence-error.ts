import type { SandboxError } from "./sandbox-error.js";
import { sandboxError } from "./specific-errors.js";

/** Why a session ended; decides what later callers are told. */
export type SessionEnd = "closed" | "expired" | "lost";

/** What a caller is told who asks for a session that is over; undefined: never heard of it, or closed by its owner. */
export function absenceError(end: SessionEnd | undefined): SandboxError {
  switch (end) {
    case "expired":
      return sandboxError(
        "SESSION_EXPIRED",
        "Session expired: it was idle for longer than its timeout, and its files are gone. Create it again to go on.",
      );
    case "lost":
      return sandboxError(
        "SESSION_LOST",
        "Session lost: its sandbox died, and its files are gone. Create it again to go on.",
      );
    case "closed":
    case undefined:
      return sandboxError(
        "SESSION_NOT_FOUND",
        "There is no such session: it was never created, or was closed. Create it to go on.",
      );
  }
}
