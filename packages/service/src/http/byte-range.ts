/** What a `Range` header asks for, bytes: from `start` to `end` inclusive, or the last `suffix` bytes. */
export type WantedRange =
  | { readonly kind: "from"; readonly start: number; readonly end: number | undefined }
  | { readonly kind: "last"; readonly suffix: number };

/**
 * Reads a `Range` header. Undefined when there is none, when it is not understood, and when it asks for several parts: a server may then
 * send the whole (RFC 9110, 14.2).
 */
export function parseRange(header: string | undefined): WantedRange | undefined {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : { kind: "last", suffix: position(last) };
  const start = position(first);
  const end = last === "" ? undefined : position(last);
  if (end !== undefined && end < start) return undefined;
  return { kind: "from", start, end };
}

/** Positions beyond what a number can hold lie beyond every file; there they are all alike. */
function position(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
