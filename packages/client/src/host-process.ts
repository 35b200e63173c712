import { randomBytes } from "node:crypto";
import type { Environment } from "@sandbox-system/contract";

/** How the end of a process is announced to those that hold something which must not outlive it. */
export interface EndOfProcess {
  /** Nothing is left to do: the process would end now. It lives on until the promise settles. */
  onIdle(): Promise<void>;
  /** It was told to stop (Ctrl-C, SIGTERM) and nobody else handles that. It dies of the signal when the promise settles. */
  onSignal(): Promise<void>;
  /** It is ending at once (`process.exit()`, an uncaught error, an impatient second signal): only what is synchronous still happens. */
  onExit(): void;
}

/** The process that this code runs in: the one place that touches `process`. */
export interface HostProcess {
  readonly environment: Environment;
  /** Names this process among all that ran on this machine: `<pid>-<random>`. */
  readonly uniqueName: string;
  /** The Node executable. */
  readonly executable: string;
  /** Announces the end to `end` until the returned function is called. */
  watchEnd(end: EndOfProcess): () => void;
}

// Not SIGHUP: a process under nohup ignores it, and handling it would undo that.
const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The real process. */
export const hostProcess: HostProcess = {
  environment: process.env,
  uniqueName: `${String(process.pid)}-${randomBytes(4).toString("hex")}`,
  executable: process.execPath,

  watchEnd(end) {
    let stopping = false;
    const onIdle = (): void => {
      void end.onIdle();
    };
    const onExit = (): void => {
      end.onExit();
    };
    const onSignal = (signal: NodeJS.Signals): void => {
      // An application with a handler of its own decides when it ends, and its end is heard through `exit`.
      if (process.listenerCount(signal) > 1) return;
      const die = (): void => {
        unwatch();
        process.kill(process.pid, signal);
      };
      if (stopping) {
        end.onExit();
        die();
        return;
      }
      stopping = true;
      void end.onSignal().finally(die);
    };
    const unwatch = (): void => {
      process.off("beforeExit", onIdle);
      process.off("exit", onExit);
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    };
    process.on("beforeExit", onIdle);
    process.on("exit", onExit);
    for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
    return unwatch;
  },
};
