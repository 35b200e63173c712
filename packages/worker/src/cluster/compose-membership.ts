import { type ClusterMember, createWorkerCluster } from "@sandbox-system/cluster";
import type { Clock, Logger } from "@sandbox-system/contract";
import type { SandboxService, SessionLedger } from "@sandbox-system/sandbox";
import type { Keyring } from "@sandbox-system/service";
import type { ComposeOptions } from "../compose.js";
import type { Worker } from "../process/worker.js";
import { createClusterKeyring } from "./cluster-keyring.js";
import { guardLease } from "./lease-guard.js";
import { createLedger, createMemberHost } from "./membership.js";

/** A worker's part in a cluster. */
export interface Membership {
  readonly member: ClusterMember;
  readonly ledger: SessionLedger;
  /** Of coordinators only. */
  readonly keyring: Keyring;
  /** The engine room, reached by nobody while it is in doubt whose its sessions are. */
  readonly guard: (service: SandboxService) => SandboxService;
}

/** What membership is about; made after it, so asked for when it is needed. */
export interface MembershipParts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly worker: () => Worker;
  readonly service: () => SandboxService;
}

/** Builds a worker's membership; undefined when it stands alone. */
export function composeMembership(
  { config, version }: ComposeOptions,
  parts: MembershipParts,
): Membership | undefined {
  const { logger, clock, worker, service } = parts;
  if (config.cluster === undefined) return undefined;
  const { member, token } = createWorkerCluster({
    options: config.cluster,
    host: () =>
      createMemberHost({
        service: service(),
        logger,
        version,
        maxFileBytes: config.sandbox.limits.maxFileBytes,
        startedAtMs: clock.now(),
        phase: () => worker().phase,
        url: (localAddress) =>
          config.continuity.url ?? workerUrl(config.http.host, localAddress, worker().port),
        replaced: (reason) => {
          logger.error("cluster.replaced", { reason });
          worker().fail(new Error(reason));
        },
      }),
    logger,
    clock,
  });
  return {
    member,
    ledger: createLedger(() => member),
    keyring: createClusterKeyring(token),
    guard: (room) => guardLease(room, () => member.awaitLease()),
  };
}

/** Where coordinators find a worker that has not been told: at the address that it listens on, or, listening on all, the one that Redis sees. */
export function workerUrl(host: string, localAddress: string, port: number): string {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const address = (isEverywhere ? localAddress : host).replace(/^::ffff:/, "");
  return `http://${address.includes(":") ? `[${address}]` : address}:${String(port)}`;
}
