import { z } from "zod";
import type { Setting } from "./setting.js";

interface Common {
  readonly description: string;
  readonly secret?: boolean;
}

const KIBI: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};

/** A number, whole unless `fraction`, within [`min`, `max`]. */
export function numberSetting(
  options: Common & {
    readonly fallback: number;
    readonly min: number;
    readonly max?: number;
    readonly fraction?: boolean;
  },
): Setting<number> {
  const { min, max = Number.MAX_SAFE_INTEGER, fraction = false } = options;
  const kind = fraction ? "number" : "integer";
  const form =
    options.max === undefined
      ? `${kind} ≥ ${String(min)}`
      : `${kind}, ${String(min)} … ${String(max)}`;
  const pattern = fraction ? /^\d+(\.\d+)?$/ : /^\d+$/;
  const schema = z
    .string()
    .refine((text) => pattern.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be an ${form}`.replace("an number", "a number"),
    })
    .transform(Number);
  return setting({ ...options, schema, form, fallbackText: String(options.fallback) });
}

/** `true` or `false`; also `1`/`0`, `yes`/`no`, `on`/`off`, in any case. */
export function booleanSetting(options: Common & { readonly fallback: boolean }): Setting<boolean> {
  const schema = z
    .string()
    .toLowerCase()
    .refine((text) => /^(true|1|yes|on|false|0|no|off)$/.test(text), {
      error: "must be true or false",
    })
    .transform((text) => /^(true|1|yes|on)$/.test(text));
  return setting({
    ...options,
    schema,
    form: "true | false",
    fallbackText: String(options.fallback),
  });
}

/** Free text matching `pattern`; `form` says in words what that is. */
export function textSetting(
  options: Common & {
    readonly fallback: string;
    readonly form: string;
    readonly pattern?: RegExp;
  },
): Setting<string> {
  const { pattern = /./, form } = options;
  const schema = z.string().refine((text) => pattern.test(text), { error: `must be ${form}` });
  return setting({ ...options, schema, fallbackText: options.fallback });
}

/** Like {@link textSetting}, with no value when absent. */
export function optionalTextSetting(
  options: Common & { readonly form: string; readonly pattern?: RegExp },
): Setting<string | undefined> {
  const { pattern = /./, form } = options;
  const schema = z.string().refine((text) => pattern.test(text), { error: `must be ${form}` });
  return setting<string | undefined>({
    ...options,
    schema,
    fallback: undefined,
    fallbackText: "",
  });
}

/** One of a few words. */
export function choiceSetting<const Choice extends string>(
  options: Common & { readonly fallback: Choice; readonly choices: readonly Choice[] },
): Setting<Choice> {
  const form = options.choices.join(" | ");
  const known: readonly string[] = options.choices;
  const schema = z
    .string()
    .refine((text): text is Choice => known.includes(text), { error: `must be one of: ${form}` });
  return setting({
    ...options,
    schema: schema,
    form,
    fallbackText: options.fallback,
  });
}

/** An amount of memory as Docker writes it: `256m`, `1g`, `268435456`; value in bytes. */
export function bytesSetting(
  options: Common & { readonly fallback: string; readonly minBytes: number },
): Setting<number> {
  const toBytes = (text: string): number => {
    const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)b?$/i.exec(text.trim());
    const factor = KIBI[match?.[2]?.toLowerCase() ?? ""];
    return match === null || factor === undefined
      ? Number.NaN
      : Math.floor(Number(match[1]) * factor);
  };
  const schema = z
    .string()
    .refine((text) => toBytes(text) >= options.minBytes, {
      error: `must be an amount of at least ${String(options.minBytes)} bytes, such as ${options.fallback}`,
    })
    .transform(toBytes);
  return setting({
    ...options,
    schema,
    form: "bytes with unit b, k, m or g",
    fallback: toBytes(options.fallback),
    fallbackText: options.fallback,
  });
}

function setting<T>(options: {
  schema: z.ZodType<T, string>;
  fallback: T;
  fallbackText: string;
  description: string;
  form: string;
  secret?: boolean;
}): Setting<T> {
  const { schema, fallback, fallbackText, description, form, secret = false } = options;
  return { schema, fallback, fallbackText, description, form, secret };
}
