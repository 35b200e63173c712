import type { ClusterOptions } from "../settings/cluster-settings.js";

/** Options of a cluster in tests: an hour's heartbeats, so that nothing happens by itself, unless the test says otherwise. */
export function testClusterOptions(
  url: string,
  more: Partial<ClusterOptions> = {},
): ClusterOptions {
  return {
    redis: { kind: "url", url },
    username: undefined,
    password: undefined,
    keyPrefix: "test",
    token: undefined,
    heartbeatMs: 3_600_000,
    leaseMs: 3 * 3_600_000,
    ...more,
  };
}
