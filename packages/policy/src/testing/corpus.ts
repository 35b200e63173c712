import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from "../settings.js";

/** A command that the policy must deny, by which rule, and with which lists. */
export interface DeniedCase {
  readonly command: string;
  readonly rule: string;
  /** `default` when the wide list allows the command. */
  readonly lists?: "default";
}

/** A command that the policy must allow with the default lists. */
export interface AllowedCase {
  readonly command: string;
}

/**
 * The default lists with wrappers, shells and other programs allowed on top, as an operator might: so that a denial shows the
 * rule at work and not only that a name is missing.
 */
export const WIDE_SETTINGS: PolicySettings = {
  ...DEFAULT_POLICY_SETTINGS,
  allowedCommands: [
    ...DEFAULT_POLICY_SETTINGS.allowedCommands,
    ..."bash env xargs nohup timeout nice setsid stdbuf time split gawk mawk cp ln tar perl node git which".split(
      " ",
    ),
    ..."pip apt-get nc vim su mount gcc x tool printf test".split(" "),
  ],
};

/** The cases of a corpus file: one JSON object a line; empty lines and lines that start with `#` separate kinds. */
export function readCorpus(name: "denied"): readonly DeniedCase[];
export function readCorpus(name: "allowed"): readonly AllowedCase[];
export function readCorpus(name: "denied" | "allowed"): readonly unknown[] {
  const text = readFileSync(join(__dirname, "../../corpus", `${name}.txt`), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => JSON.parse(line) as unknown);
}
