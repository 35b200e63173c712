import type { IdempotencyStore, PolicyBody, SandboxApi } from "@sandbox-system/contract";
import type { Keyring } from "../auth/keyring.js";
import type { Metrics } from "../metrics/metrics.js";
import type { NodeStatus, Workers } from "./node-status.js";

/** Everything that the API's routes are built over; a process brings its own of each. */
export interface ApiPorts {
  readonly sandboxes: SandboxApi;
  readonly status: NodeStatus;
  readonly workers: Workers;
  readonly idempotency: IdempotencyStore;
  /** The command policy that commands meet; rejects when nobody can be asked. */
  readonly policy: () => Promise<PolicyBody>;
  readonly keyring: Keyring;
  readonly metrics: Metrics;
  /** Largest file that may be uploaded now, bytes. */
  readonly maxFileBytes: () => number;
  /** Directory in which uploads are staged whose session is not known yet. */
  readonly stagingDirectory: string;
  /** Version of the running program. */
  readonly version: string;
}
