import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { type Environment, SettingsError } from "@sandbox-system/contract";

/**
 * The environment of a process: the variables of `.env` in `directory`, overruled by `environment`. A missing file is no fault.
 * A variable that is present but empty counts as set, so that `PORT= node …` takes the default rather than the file's value.
 * @throws SettingsError when the file is there and cannot be read.
 */
export function loadEnvironment(directory: string, environment: Environment): Environment {
  return { ...readDotEnv(join(directory, ".env")), ...environment };
}

function readDotEnv(path: string): Environment {
  try {
    return parse(readFileSync(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new SettingsError([`${path} cannot be read: ${(error as Error).message}`]);
  }
}
