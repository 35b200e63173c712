import type { WorkerDirectory } from "@sandbox-system/cluster";
import {
  type Clock,
  type PolicyBody,
  SandboxError,
  type WorkerBody,
} from "@sandbox-system/contract";
import type { Workers } from "@sandbox-system/service";
import { noWorkers } from "../placement/placement-errors.js";
import type { WorkerCaller } from "../routing/worker-caller.js";
import { workerBody } from "./worker-body.js";
import type { WorkerLines } from "./worker-lines.js";

/** How long a policy counts as current, milliseconds: a worker's comes from its configuration and changes with a restart, minutes apart. */
const POLICY_MS = 60_000;

/** Largest file while no worker is known, bytes: the workers' own default of MAX_FILE_SIZE_MB. */
const DEFAULT_MAX_FILE_BYTES = 100 * 1024 ** 2;

/** What the workers are made of. */
export interface ClusterWorkersParts {
  readonly directory: WorkerDirectory;
  readonly lines: WorkerLines;
  readonly caller: WorkerCaller;
  readonly clock: Clock;
}

/** The workers behind a coordinator, and what they have in common. */
export class ClusterWorkers implements Workers {
  readonly #parts: ClusterWorkersParts;
  #policy: { readonly body: PolicyBody; readonly untilMs: number } | undefined;

  constructor(parts: ClusterWorkersParts) {
    this.#parts = parts;
  }

  list(): Promise<readonly WorkerBody[]> {
    const workers = this.#parts.directory.all().map((worker) => workerBody(worker, this.#parts));
    return Promise.resolve(
      workers.sort((left, right) => (left.worker_id < right.worker_id ? -1 : 1)),
    );
  }

  /** Rejects with `WORKER_UNREACHABLE` when the worker lives and cannot be asked. */
  async drain(workerId: string): Promise<boolean> {
    const { directory, caller } = this.#parts;
    if (directory.find(workerId) === undefined) return false;
    await caller.once(workerId, {
      repetition: "repeatable",
      isControl: true,
      run: (client) => client.drain(workerId),
    });
    return true;
  }

  /** The command policy, of any worker: all of a cluster are configured alike. Rejects with `NO_WORKERS_AVAILABLE`, `WORKER_UNREACHABLE`. */
  async policy(): Promise<PolicyBody> {
    const { clock } = this.#parts;
    if (this.#policy !== undefined && clock.monotonicMs() < this.#policy.untilMs)
      return this.#policy.body;
    const body = await this.#askPolicy();
    this.#policy = { body, untilMs: clock.monotonicMs() + POLICY_MS };
    return body;
  }

  /** Largest file that any worker takes, bytes; the one that gets it has the last word. */
  maxFileBytes(): number {
    const sizes = this.#parts.directory.all().map(({ info }) => info.maxFileBytes);
    return sizes.length === 0 ? DEFAULT_MAX_FILE_BYTES : Math.max(...sizes);
  }

  async #askPolicy(): Promise<PolicyBody> {
    const { directory, caller } = this.#parts;
    let failure = noWorkers();
    for (const { info } of directory.all()) {
      try {
        return await caller.once(info.workerId, {
          repetition: "repeatable",
          isControl: true,
          run: (client, signal) => client.policy(signal),
        });
      } catch (error) {
        if (!(error instanceof SandboxError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }
}
