import { createHash } from "node:crypto";
import { z } from "zod";
import type { Setting } from "@sandbox-system/contract";
import { NAME_PATTERN } from "../settings/names-setting.js";

/** One accepted key. Only its digest is kept, so that a dump of the process does not show it. */
export interface ApiKey {
  /** Whose sessions it opens; the key's name. */
  readonly tenant: string;
  /** SHA-256 of the key, 32 bytes. */
  readonly digest: Buffer;
  /** Whether the key is shorter than {@link STRONG_KEY_LENGTH}: worth a warning, not a refusal. */
  readonly weak: boolean;
}

/** Characters a key should have: 128 random bits take 22 in base64 and 32 in hex; 16 is where guessing stops being practical. */
const STRONG_KEY_LENGTH = 16;

/** SHA-256 of a key as it is compared. */
export function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/**
 * Reads `name:key,name2:key2` or bare keys. A bare key's tenant is `key-` and eight hex digits of its digest: stable over restarts
 * and nothing that gives the key away. Faults never repeat a key.
 */
export function apiKeysSetting(description: string): Setting<readonly ApiKey[]> {
  const schema = z.string().transform((text, context): readonly ApiKey[] => {
    const keys: ApiKey[] = [];
    for (const [index, entry] of text.split(",").entries()) {
      const fault = addEntry(keys, entry.trim());
      if (fault !== undefined)
        context.addIssue({ code: "custom", message: `entry ${String(index + 1)} ${fault}` });
    }
    return keys;
  });
  return {
    schema,
    fallback: [],
    fallbackText: "",
    description,
    form: "`name:key` or bare keys, separated by commas",
    secret: true,
  };
}

function addEntry(keys: ApiKey[], entry: string): string | undefined {
  const colon = entry.indexOf(":");
  const key = colon === -1 ? entry : entry.slice(colon + 1);
  // Visible ASCII is what an HTTP header carries without ambiguity.
  if (!/^[\x21-\x7e]+$/.test(key)) return "must have a key of visible ASCII characters";
  const digest = digestOf(key);
  const tenant = colon === -1 ? `key-${digest.toString("hex").slice(0, 8)}` : entry.slice(0, colon);
  if (!NAME_PATTERN.test(tenant))
    return "must have a name of letters, digits, dots, dashes or underscores";
  if (keys.some((other) => other.digest.equals(digest))) return "repeats the key of another entry";
  keys.push({ tenant, digest, weak: key.length < STRONG_KEY_LENGTH });
  return undefined;
}
