import { createHash } from "node:crypto";

/**
 * The names of all keys. Every one begins with the same hash tag, so that each script finds all its keys in one slot of a Redis Cluster, and so
 * that clusters with different prefixes never meet. README.md says what each key holds.
 */
export class ClusterKeys {
  /** What every key begins with. */
  readonly root: string;
  readonly workers: string;
  readonly expiry: string;
  readonly placing: string;
  readonly epoch: string;
  readonly token: string;
  /** When scheduled jobs last ran. */
  readonly lastRuns: string;
  /** Workers that have a queue. */
  readonly queues: string;
  /** Channel of the heartbeats. */
  readonly beats: string;
  /** Prefix of BullMQ's own keys. */
  readonly queuePrefix: string;

  constructor(prefix: string) {
    this.root = `{${prefix}}:`;
    this.workers = `${this.root}workers`;
    this.expiry = `${this.root}expiry`;
    this.placing = `${this.root}placing`;
    this.epoch = `${this.root}epoch`;
    this.token = `${this.root}token`;
    this.lastRuns = `${this.root}last-runs`;
    this.queues = `${this.root}queues`;
    this.beats = `${this.root}beats`;
    this.queuePrefix = `${this.root}queue`;
  }

  worker(workerId: string): string {
    return `${this.root}worker:${workerId}`;
  }

  workerSessions(workerId: string): string {
    return `${this.root}worker-sessions:${workerId}`;
  }

  session(sessionId: string): string {
    return `${this.root}session:${sessionId}`;
  }

  /** A tenant's name has no colon, so no two pairs share a key. */
  thread(tenant: string, threadId: string): string {
    return `${this.root}thread:${tenant}:${threadId}`;
  }

  /** Keys and scopes are callers' text of any length: their digest names the entry. */
  idempotency(entry: {
    readonly tenant: string;
    readonly scope: string;
    readonly key: string;
  }): string {
    const name = JSON.stringify([entry.tenant, entry.scope, entry.key]);
    return `${this.root}idempotency:${createHash("sha256").update(name).digest("hex")}`;
  }
}
