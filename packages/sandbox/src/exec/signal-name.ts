import { constants } from "node:os";

const NAMES = new Map(Object.entries(constants.signals).map(([name, value]) => [value, name]));

/** Name of a signal number, e.g. 9 → SIGKILL; undefined for 0. Numbers without a name become `SIG<n>`. */
export function signalName(signal: number): string | undefined {
  return signal === 0 ? undefined : (NAMES.get(signal) ?? `SIG${String(signal)}`);
}
