/** Fields of a log line: flat, JSON-able, never secrets, commands or file contents. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The narrow logger that the engine room is given; an adapter over winston in processes, silent by default in the SDK.
 * `event` is a stable name such as `session.create`.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same logger with `fields` on every line. */
  child(fields: LogFields): Logger;
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
