import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RequestRecord } from "../http/access-log.js";

/** Upper bounds of request durations, seconds: from a warm claim (milliseconds) to the longest command (an hour). */
const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
];

/** Numbers that differ by the value of one label. */
export interface LabelledNumbers<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly read: (value: Value) => number;
}

/** The numbers of one process, in a registry of its own. All names begin with `sandbox_`, except the process's default ones. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #commands: Counter<"outcome">;

  /** `defaultMetrics`: CPU, memory and event loop of the process as well. */
  constructor(options: { readonly defaultMetrics: boolean }) {
    const registers = [this.#registry];
    if (options.defaultMetrics) collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: "sandbox_http_request_duration_seconds",
      help: "Time from a request's headers to the end of its answer",
      labelNames: ["method", "route", "status"],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#commands = new Counter({
      name: "sandbox_exec_total",
      help: "Commands by outcome: ok, failed (non-zero exit), timed_out, oom_killed, or the code of the error",
      labelNames: ["outcome"],
      registers,
    });
  }

  /** Counts a request that is over. */
  recordRequest({ method, route, status, durationMs }: RequestRecord): void {
    // Methods are free text in HTTP; only the known ones may become labels.
    const label = /^(GET|HEAD|PUT|POST|DELETE|OPTIONS|PATCH)$/.test(method) ? method : "other";
    this.#requests.observe({ method: label, route, status: String(status) }, durationMs / 1000);
  }

  /** Counts a command. */
  recordCommand(outcome: string): void {
    this.#commands.inc({ outcome });
  }

  /** A number that is read whenever the metrics are. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect: () => {
        gauge.set(read());
      },
    });
  }

  /** Numbers of one kind, by a label, that are read whenever the metrics are. */
  gauges<Value extends string>(name: string, help: string, by: LabelledNumbers<Value>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [by.label],
      registers: [this.#registry],
      collect: () => {
        for (const value of by.values) gauge.set({ [by.label]: value }, by.read(value));
      },
    });
  }

  /** Counts of one kind, by a label, that somebody else keeps; they must never fall. `name` ends in `_total`. */
  counters<Value extends string>(name: string, help: string, by: LabelledNumbers<Value>): void {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: [by.label],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const value of by.values) counter.inc({ [by.label]: value }, by.read(value));
      },
    });
  }

  /** All numbers in the Prometheus text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Content type of {@link render}. */
  get contentType(): string {
    return this.#registry.contentType;
  }
}
