/**
 * Reads a `Retry-After` header, which is a number of seconds or a date.
 * @returns whole seconds from `now` (milliseconds since the epoch), never negative; undefined when absent or unreadable.
 */
export function retryAfterSeconds(header: unknown, now: number): number | undefined {
  if (typeof header !== "string") return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
