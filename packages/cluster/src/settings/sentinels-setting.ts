import { z } from "zod";
import type { Setting } from "@sandbox-system/contract";

/** Where a sentinel listens. */
export interface SentinelAddress {
  readonly host: string;
  readonly port: number;
}

/** Sentinels' own default. */
const DEFAULT_SENTINEL_PORT = 26_379;

const ADDRESS = /^([A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/;

/** Addresses of sentinels, `host:port,host:port`; a host alone has port 26379. No value when absent. */
export function sentinelsSetting(
  description: string,
): Setting<readonly SentinelAddress[] | undefined> {
  const schema = z
    .string()
    .refine((text) => parts(text).every((part) => addressOf(part) !== undefined), {
      error: "must be host:port, separated by commas",
    })
    .transform((text) => parts(text).flatMap((part) => addressOf(part) ?? []));
  return {
    schema,
    fallback: undefined,
    fallbackText: "",
    description,
    form: "host:port, separated by commas",
    secret: false,
  };
}

function parts(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function addressOf(part: string): SentinelAddress | undefined {
  const match = ADDRESS.exec(part);
  const host = match?.[1];
  const port = Number(match?.[2] ?? DEFAULT_SENTINEL_PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
