import type { HttpOptions } from "@sandbox-system/service";

/** Addresses that only this machine can reach. Names other than `localhost` count as reachable: where they lead may change. */
const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;

/** What the operator must know when anybody on the network may run commands through here; undefined when that is not so. */
export function openToAllWarning(
  { host, apiKeys }: Pick<HttpOptions, "host" | "apiKeys">,
  port: number,
): string | undefined {
  if (apiKeys.length > 0 || LOOPBACK.test(host)) return undefined;
  return `Anybody who can reach ${host}:${String(port)} can run commands on all workers. Set API_KEYS, or HOST=127.0.0.1.`;
}
