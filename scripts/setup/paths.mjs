import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that these scripts belong to, wherever they are started from. */
export const PROJECT_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Set-up's own folder inside a checkout: its lock, its log and files on their way. Ignored by git, safe to delete. */
export const STATE_DIR = ".build/setup";

/** Full output of every command that set-up runs, newest run last; a failure names it. Relative to the checkout. */
export const LOG_FILE = path.posix.join(STATE_DIR, "setup.log");

/** Held while set-up or clean changes the checkout. Relative to it. */
export const LOCK_FILE = path.posix.join(STATE_DIR, "lock");
