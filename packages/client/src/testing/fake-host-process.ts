import type { EndOfProcess, HostProcess } from "../host-process.js";

/** A process whose end a test announces. */
export class FakeHostProcess implements HostProcess {
  environment: Record<string, string | undefined> = {};
  readonly uniqueName = "7-abc";
  readonly executable = "/usr/bin/node";
  readonly watchers = new Set<EndOfProcess>();

  watchEnd(end: EndOfProcess): () => void {
    this.watchers.add(end);
    return () => this.watchers.delete(end);
  }

  /** The only watcher. */
  get end(): EndOfProcess {
    const [end] = this.watchers;
    if (end === undefined || this.watchers.size !== 1) throw new Error("not one watcher");
    return end;
  }
}
