import { coordinatorSettings } from "../settings/coordinator-settings.js";

/** What `--help` prints: how to start, every variable with its default, and what the exit codes mean. */
export function usage(version: string): string {
  const width = Math.max(...Object.keys(coordinatorSettings).map((name) => name.length));
  const variables = Object.entries(coordinatorSettings).map(
    ([name, { fallbackText }]) => `  ${name.padEnd(width)}  ${fallbackText || "(unset)"}`,
  );
  return [
    `Sandbox coordinator ${version}: routes sessions to the workers that share its Redis, and places new ones.`,
    "",
    "Usage: node packages/coordinator/dist/main.js [--help | --version]",
    "",
    "It is configured by environment variables; a .env file in the working directory is read too, and the environment wins.",
    "docs/CONFIGURATION.md explains them. With their defaults:",
    "",
    ...variables,
    "",
    "SIGTERM and SIGINT drain it: running requests finish up to SHUTDOWN_GRACE_SECONDS. A second signal ends it at once.",
    "Exit codes: 0 stopped; 1 fault or port in use; 64 wrong arguments; 78 faulty configuration.",
    "",
  ].join("\n");
}
