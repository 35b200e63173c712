import type { PolicyBody, SandboxApi } from "@sandbox-system/contract";
import type { Keyring } from "../auth/keyring.js";
import type { Metrics } from "../metrics/metrics.js";
import type { IdempotencyStore } from "./idempotency/idempotency-store.js";
import type { NodeStatus, Workers } from "./node-status.js";

/** Everything that the API's routes are built over; a process brings its own of each. */
export interface ApiPorts {
  readonly sandboxes: SandboxApi;
  readonly status: NodeStatus;
  readonly workers: Workers;
  readonly idempotency: IdempotencyStore;
  readonly policy: PolicyBody;
  readonly keyring: Keyring;
  readonly metrics: Metrics;
  /** Largest file that may be uploaded, bytes. */
  readonly maxFileBytes: number;
  /** Directory in which uploads are staged whose session is not known yet. */
  readonly stagingDirectory: string;
  /** Version of the running program. */
  readonly version: string;
}
