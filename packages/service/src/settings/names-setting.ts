import { z } from "zod";
import type { Setting } from "@sandbox-system/contract";

/** Form of a tenant's name: what may stand in a log line and in a registry key without quoting. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A list of names, separated by commas; empty when absent. */
export function namesSetting(description: string): Setting<readonly string[]> {
  return {
    schema: z
      .string()
      .transform((text) => text.split(",").map((name) => name.trim()))
      .refine((names) => names.every((name) => NAME_PATTERN.test(name)), {
        error: "must be names of letters, digits, dots, dashes or underscores, separated by commas",
      }),
    fallback: [],
    fallbackText: "",
    description,
    form: "names, separated by commas",
    secret: false,
  };
}
