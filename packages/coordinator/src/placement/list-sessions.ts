import type { SessionInfo, SessionPage } from "@sandbox-system/contract";

/**
 * One page from the pages of several workers, newest activity first. Every worker was asked for `limit` sessions after the same position, so
 * the first `limit` of all are among theirs. The cursor is a worker's own: the position of the last session shown, which means the same to
 * each of them.
 */
export function mergePages(pages: readonly SessionPage[], limit: number): SessionPage {
  const all = pages.flatMap(({ sessions }) => sessions).sort(newestFirst);
  const sessions = all.slice(0, limit);
  const last = sessions.at(-1);
  const isMore = all.length > limit || pages.some(({ nextCursor }) => nextCursor !== null);
  return { sessions, nextCursor: isMore && last !== undefined ? cursorAfter(last) : null };
}

function newestFirst(left: SessionInfo, right: SessionInfo): number {
  const byActivity = right.lastActivity.getTime() - left.lastActivity.getTime();
  return byActivity || (left.sessionId < right.sessionId ? 1 : -1);
}

function cursorAfter({ lastActivity, sessionId }: SessionInfo): string {
  return Buffer.from(`${String(lastActivity.getTime())} ${sessionId}`).toString("base64url");
}
