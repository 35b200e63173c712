import type { LogFields, Logger } from "../logger.js";

/** A line that was logged. */
export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields;
}

/** Keeps what is logged, for tests to look at. */
export class RecordingLogger implements Logger {
  constructor(
    readonly lines: LoggedLine[] = [],
    private readonly context: LogFields = {},
  ) {}

  debug(event: string, fields: LogFields = {}): void {
    this.#add("debug", event, fields);
  }

  info(event: string, fields: LogFields = {}): void {
    this.#add("info", event, fields);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#add("warn", event, fields);
  }

  error(event: string, fields: LogFields = {}): void {
    this.#add("error", event, fields);
  }

  child(fields: LogFields): Logger {
    return new RecordingLogger(this.lines, { ...this.context, ...fields });
  }

  /** Events logged, in order. */
  events(): string[] {
    return this.lines.map(({ event }) => event);
  }

  #add(level: LoggedLine["level"], event: string, fields: LogFields): void {
    this.lines.push({ level, event, fields: { ...this.context, ...fields } });
  }
}
