#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { SettingsError } from "@sandbox-system/contract";
import { ListenError, loadEnvironment } from "@sandbox-system/service";
import { type ComposedCoordinator, composeCoordinator } from "./compose.js";
import { openToAllWarning } from "./process/open-to-all.js";
import { usage } from "./process/usage.js";
import { type CoordinatorConfig, parseCoordinatorConfig } from "./settings/coordinator-settings.js";

/** sysexits.h: EX_USAGE, EX_CONFIG; 1 for everything else that goes wrong. */
const EXIT = { ok: 0, fault: 1, usage: 64, config: 78 } as const;

/** Time that requests get when the process is broken and must go, milliseconds. */
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
  return serve(composeCoordinator({ config, version, stagingDirectory: tmpdir() }));
}

async function serve({ coordinator, logger }: ComposedCoordinator): Promise<number> {
  let status: number = EXIT.ok;
  const fail = (error: unknown): void => {
    // A second fault while stopping must not keep the process alive.
    if (status !== EXIT.ok) process.exit(EXIT.fault);
    status = EXIT.fault;
    logger.error("coordinator.fault", { error });
    void coordinator.stop("fault", FATAL_GRACE_MS);
  };
  process.on("uncaughtException", fail);
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(EXIT.fault);
      void coordinator.stop(signal);
    });
  }
  try {
    await coordinator.listen();
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.fault;
  }
  await coordinator.finished;
  return status;
}

function readConfig(): CoordinatorConfig | undefined {
  try {
    return parseCoordinatorConfig(loadEnvironment(process.cwd(), process.env), hostname());
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\nSee docs/CONFIGURATION.md.\n`);
    return undefined;
  }
}

/** On standard error as well, in case nobody reads the log or its level hides warnings. */
function warnIfOpen({ http }: CoordinatorConfig): void {
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
