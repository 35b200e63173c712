import { sandboxError, type SessionQuery, type Tenant } from "@sandbox-system/contract";
import type { Session } from "./session.js";

/** A page of sessions and where the next one begins. */
export interface SessionSlice {
  readonly sessions: readonly Session[];
  readonly nextCursor: string | null;
}

const DEFAULT_LIMIT = 100;

/**
 * A tenant's sessions that match, newest activity first. The cursor names the last one shown, so sessions that come and go between
 * pages neither repeat nor hide others that stayed idle.
 * @throws SandboxError `INVALID_REQUEST` for a cursor that is none.
 */
export function listSessions(
  sessions: Iterable<Session>,
  tenant: Tenant,
  query: SessionQuery,
): SessionSlice {
  const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const matching = [...sessions]
    .filter(
      ({ facts }) =>
        facts.tenant === tenant &&
        (query.threadId === undefined || facts.threadId === query.threadId) &&
        (query.userId === undefined || facts.userId === query.userId),
    )
    .map((session) => ({ session, at: session.lastActivityMs, id: session.facts.id }))
    .sort(newestFirst)
    .filter((entry) => after === undefined || newestFirst(after, entry) < 0);
  const page = matching.slice(0, query.limit ?? DEFAULT_LIMIT);
  const last = page.at(-1);
  const more = last !== undefined && matching.length > page.length;
  return {
    sessions: page.map(({ session }) => session),
    nextCursor: more ? formatCursor(last) : null,
  };
}

interface Position {
  readonly at: number;
  readonly id: string;
}

function newestFirst(left: Position, right: Position): number {
  return right.at - left.at || (left.id < right.id ? 1 : left.id > right.id ? -1 : 0);
}

function formatCursor({ at, id }: Position): string {
  return Buffer.from(`${String(at)} ${id}`).toString("base64url");
}

function parseCursor(cursor: string): Position {
  const match = /^(\d{1,16}) (\S{1,64})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"));
  if (match?.[1] === undefined || match[2] === undefined) {
    throw sandboxError("INVALID_REQUEST", "The cursor is not one that this server gave out.");
  }
  return { at: Number(match[1]), id: match[2] };
}
