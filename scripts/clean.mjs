#!/usr/bin/env node
/**
 * Removes what building made: every package's `dist` (the execd binaries included), the compiler's build infos and coverage
 * reports. Leaves the npm packages, the Docker images and set-up's log. `npm run setup` makes it all again.
 */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { describeFailure } from "./setup/failure.mjs";
import { withLock } from "./setup/lock.mjs";
import { LOCK_FILE, PROJECT_ROOT } from "./setup/paths.mjs";

/**
 * What a clean checkout does not have, absolute paths.
 * @param {string} root
 * @returns {string[]}
 */
function builtFiles(root) {
  const folders = [
    root,
    ...readdirSync(path.join(root, "packages")).map((name) => path.join(root, "packages", name)),
  ];
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name === "dist" || name === "coverage" || name.endsWith(".tsbuildinfo"))
      .map((name) => path.join(folder, name)),
  );
}

try {
  await withLock(
    path.join(PROJECT_ROOT, LOCK_FILE),
    {
      onWait: (holder) =>
        process.stdout.write(`Set-up is at work here (process ${holder.pid}); waiting for it.\n`),
    },
    async () => {
      const built = builtFiles(PROJECT_ROOT);
      for (const file of built) rmSync(file, { recursive: true, force: true });
      process.stdout.write(
        built.length === 0
          ? "Nothing to clean.\n"
          : `${built.map((file) => `removed ${path.relative(PROJECT_ROOT, file)}`).join("\n")}\n`,
      );
    },
  );
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
