import { plain } from "./plain-text.mjs";

/** Without a terminal, how often a long step says that it still runs: often enough for a log that somebody watches. */
const HEARTBEAT_MS = 10_000;

/** On a terminal, how often the running step's line is redrawn: its clock counts seconds. */
const REDRAW_MS = 250;

/** Width of the column of step names. */
const NAME_WIDTH = 18;

/**
 * @typedef {object} Output where the report goes; `process.stdout` is one
 * @property {(text: string) => unknown} write
 * @property {boolean} [isTTY]
 * @property {number} [columns]
 */

/**
 * @typedef {object} Reporter
 * @property {(name: string) => void} begin a step starts; what follows is about it
 * @property {(text: string) => void} doing what the step does now, a few words; starts its clock
 * @property {(line: string) => void} heard the latest line of a command's output, shown beside the clock
 * @property {(mark: "ok" | "done" | "missing", text: string) => void} end how the step ended: it was there already, it was made, or
 *   it is not there (only with --check)
 * @property {(text: string) => void} say a line that belongs to no step
 * @property {() => void} abandon the step failed: stop its clock and leave its line as it stands
 */

/**
 * Shows steps as they run: on a terminal one line each, redrawn with the elapsed time; otherwise a line when a long step starts,
 * one every ten seconds while it runs, and one at its end.
 * @param {{ output: Output, quiet?: boolean, now?: () => number }} options `now`: milliseconds of a clock that never goes back
 * @returns {Reporter}
 */
export function createReporter({ output, quiet = false, now = () => performance.now() }) {
  const live = output.isTTY === true;
  let name = "";
  let activity = "";
  let latest = "";
  let startedAt = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;

  /** @param {string} text */
  const write = (text) => void (quiet || output.write(text));
  const elapsed = () => formatElapsed(now() - startedAt);

  const redraw = () => {
    const line = [`${column("...")}${name.padEnd(NAME_WIDTH)}${activity}`, elapsed(), latest]
      .filter(Boolean)
      .join(" · ");
    write(`\r\u001b[2K${line.slice(0, (output.columns ?? 80) - 1)}`);
  };
  const heartbeat = () =>
    write(
      `${column("...")}${name.padEnd(NAME_WIDTH)}${[elapsed(), latest].filter(Boolean).join(" · ")}\n`,
    );

  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    latest = "";
  };

  return {
    begin(step) {
      name = step;
      startedAt = now();
    },
    doing(text) {
      activity = text;
      latest = "";
      if (live) redraw();
      else write(`${column("...")}${name.padEnd(NAME_WIDTH)}${text}\n`);
      timer ??= setInterval(live ? redraw : heartbeat, live ? REDRAW_MS : HEARTBEAT_MS);
      timer.unref();
    },
    heard(line) {
      const text = plain(line).trim();
      if (text !== "") latest = text;
    },
    end(mark, text) {
      const took = mark === "done" ? ` (${elapsed()})` : "";
      stop();
      write(
        `${live ? "\r\u001b[2K" : ""}${column(mark)}${name.padEnd(NAME_WIDTH)}${text}${took}\n`,
      );
    },
    say(text) {
      write(`${live && timer ? "\r\u001b[2K" : ""}${text}\n`);
    },
    abandon() {
      if (timer && live) write("\n");
      stop();
    },
  };
}

/**
 * A duration as a person reads it: whole seconds below two minutes, then minutes and seconds.
 * @param {number} ms
 * @returns {string}
 */
export function formatElapsed(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {string} mark */
function column(mark) {
  return mark.padEnd(9);
}
