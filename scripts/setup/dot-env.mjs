import { readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

/**
 * What a person has set, as Compose sees it: the environment, and the `.env` file beside docker-compose.yml, over which the environment wins.
 * @param {{ root: string, env: NodeJS.ProcessEnv }} place `root`: absolute path of the checkout
 * @returns {NodeJS.ProcessEnv}
 */
export function userSettings({ root, env }) {
  return { ...readDotEnv(path.join(root, ".env")), ...env };
}

/** @param {string} file @returns {NodeJS.ProcessEnv} empty when there is no such file */
function readDotEnv(file) {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return {};
    throw error;
  }
}
