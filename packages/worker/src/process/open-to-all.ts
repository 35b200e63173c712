import type { HttpOptions } from "@sandbox-system/service";
import { isLoopback } from "./loopback.js";

/** What the operator must know when anybody on the network may run commands here; undefined when that is not so. */
export function openToAllWarning(
  { host, apiKeys }: Pick<HttpOptions, "host" | "apiKeys">,
  port: number,
): string | undefined {
  if (apiKeys.length > 0 || isLoopback(host)) return undefined;
  return `Anybody who can reach ${host}:${String(port)} can run commands. Set API_KEYS, or HOST=127.0.0.1.`;
}
