import type { ClusterToken } from "@sandbox-system/cluster";
import { TEST_TOKEN } from "./fake-worker.js";

/** A cluster's token that changes when a test says so. */
export class FixedToken implements ClusterToken {
  /** What {@link current} gives. */
  known = TEST_TOKEN;
  /** What it is in truth. */
  real = TEST_TOKEN;
  refreshed = 0;

  current(): Promise<string> {
    return Promise.resolve(this.known);
  }

  accepts(candidate: string): boolean {
    return candidate === this.real;
  }

  refresh(): Promise<string> {
    this.refreshed += 1;
    this.known = this.real;
    return Promise.resolve(this.known);
  }
}
