import type { Writable } from "node:stream";
import winston from "winston";
import { type Clock, type LogFields, type Logger, systemClock } from "@sandbox-system/contract";
import { redact } from "./redact.js";

const { Console, Stream } = winston.transports;

/** How a process logs. */
export interface LoggerOptions {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly format: "json" | "pretty";
  /** Where lines go; default: standard output. */
  readonly stream?: Writable | undefined;
  readonly clock?: Clock | undefined;
}

/** A {@link Logger} over winston: one line an event, secrets redacted. `json` lines begin with `ts`, `level` and `event`. */
export function createLogger(options: LoggerOptions): Logger {
  const { level, format, stream, clock = systemClock } = options;
  const logger = winston.createLogger({
    level,
    format: format === "json" ? jsonLine : prettyLine,
    // winston types its transports by an interface of the same name as their class.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    transports: stream === undefined ? [new Console()] : [new Stream({ stream })],
  });
  return adapt({ logger, clock }, {});
}

function adapt(target: { logger: winston.Logger; clock: Clock }, base: LogFields): Logger {
  const at = (level: string) => (event: string, fields?: LogFields) => {
    const ts = new Date(target.clock.now()).toISOString();
    target.logger.log({ level, message: event, ts, fields: redact({ ...base, ...fields }) });
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => adapt(target, { ...base, ...fields }),
  };
}

const jsonLine = winston.format.printf(({ ts, level, message, fields }) =>
  JSON.stringify({ ts, level, event: message, ...(fields as LogFields) }),
);

const prettyLine = winston.format.printf(({ ts, level, message, fields }) => {
  const shown = Object.entries(fields as LogFields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [String(ts), level.toUpperCase().padEnd(5), String(message), ...shown].join(" ");
});
