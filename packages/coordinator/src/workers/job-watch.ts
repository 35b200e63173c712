import type { ScheduledJob } from "@sandbox-system/cluster";
import type { Clock, Timer } from "@sandbox-system/contract";

/** Intervals without a run after which a job counts as stuck: one may be late, and one may fail. */
const PATIENCE = 3;

/** How often the runs are looked at, milliseconds: what /health tells is this old at most. */
const LOOK_MS = 30_000;

/** What a watch is made of. */
export interface JobWatchParts {
  /** When a job last ran, by any coordinator, milliseconds since the epoch. */
  readonly lastRun: (job: ScheduledJob) => Promise<number | undefined>;
  /** How often each job runs, milliseconds; undefined: never. */
  readonly intervalsMs: Readonly<Record<ScheduledJob, number | undefined>>;
  readonly clock: Clock;
}

const JOBS = ["expiry-sweep", "pool-scaling"] as const satisfies readonly ScheduledJob[];

/** Sees to it that the jobs which the coordinators share are done by one of them. */
export class JobWatch {
  readonly #parts: JobWatchParts;
  /** When each job was last looked at and had last run by then, milliseconds since the epoch. */
  readonly #looks = new Map<ScheduledJob, { readonly atMs: number; readonly ranMs: number }>();
  #startedMs = 0;
  #timer: Timer | undefined;

  constructor(parts: JobWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#startedMs = this.#parts.clock.now();
    void this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Which jobs are stuck, a sentence each. */
  warnings(): string[] {
    const { intervalsMs } = this.#parts;
    return JOBS.flatMap((job) => {
      const intervalMs = intervalsMs[job];
      if (intervalMs === undefined) return [];
      const look = this.#looks.get(job);
      if (look === undefined) return [];
      // Nothing is known of the time since the look.
      const silentMs = look.atMs - Math.max(this.#startedMs, look.ranMs);
      if (silentMs <= PATIENCE * intervalMs) return [];
      return [`The job ${job} has not run for ${String(Math.round(silentMs / 1000))} s.`];
    });
  }

  async #look(): Promise<void> {
    const { lastRun, clock } = this.#parts;
    this.#timer = clock.setTimer(LOOK_MS, () => void this.#look());
    for (const job of JOBS) {
      try {
        const ranMs = (await lastRun(job)) ?? 0;
        this.#looks.set(job, { atMs: clock.now(), ranMs });
      } catch {
        // That Redis is away is told by itself.
      }
    }
  }
}
