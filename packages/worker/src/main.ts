#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { SettingsError } from "@sandbox-system/contract";
import { ListenError, loadEnvironment } from "@sandbox-system/service";
import { type ComposedWorker, composeWorker } from "./compose.js";
import { openToAllWarning } from "./process/open-to-all.js";
import { usage } from "./process/usage.js";
import { parseWorkerConfig, type WorkerConfig } from "./settings/worker-settings.js";

/** sysexits.h: EX_USAGE, EX_CONFIG; 1 for everything else that goes wrong. */
const EXIT = { ok: 0, fault: 1, usage: 64, config: 78 } as const;

/** Time that running commands get when the process is broken and must go, milliseconds. */
const FATAL_GRACE_MS = 1000;

async function main(): Promise<number> {
  const version = readVersion();
  const [argument, ...others] = process.argv.slice(2);
  if (argument === "--version") {
    process.stdout.write(`${version}\n`);
    return EXIT.ok;
  }
  if (argument !== undefined) {
    const asked = (argument === "--help" || argument === "-h") && others.length === 0;
    (asked ? process.stdout : process.stderr).write(usage(version));
    return asked ? EXIT.ok : EXIT.usage;
  }
  const config = readConfig();
  if (config === undefined) return EXIT.config;
  warnIfOpen(config);
  return serve(composeWorker({ config, version, stagingDirectory: tmpdir() }));
}

async function serve({ worker, logger }: ComposedWorker): Promise<number> {
  let status: number = EXIT.ok;
  const fail = (error: unknown): void => {
    // A second fault while stopping must not keep the process alive.
    if (status !== EXIT.ok) process.exit(EXIT.fault);
    status = EXIT.fault;
    logger.error("worker.fault", { error });
    void worker.stop("fault", FATAL_GRACE_MS);
  };
  process.on("uncaughtException", fail);
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(EXIT.fault);
      void worker.stop(signal);
    });
  }
  try {
    await worker.listen();
    await worker.finished;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof ListenError)) await worker.stop("fault", FATAL_GRACE_MS);
    return EXIT.fault;
  }
  return status;
}

function readConfig(): WorkerConfig | undefined {
  try {
    return parseWorkerConfig(loadEnvironment(process.cwd(), process.env), hostname());
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\nSee docs/CONFIGURATION.md.\n`);
    return undefined;
  }
}

/** On standard error as well, in case nobody reads the log or its level hides warnings. */
function warnIfOpen({ http, cluster }: WorkerConfig): void {
  // In a cluster the worker answers coordinators only.
  if (cluster !== undefined) return;
  const warning = openToAllWarning(http, http.port);
  if (warning === undefined) return;
  const rule = "!".repeat(78);
  process.stderr.write(`${rule}\nWARNING: no API_KEYS are set.\n${warning}\n${rule}\n`);
}

function readVersion(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}

process.exit(await main());
