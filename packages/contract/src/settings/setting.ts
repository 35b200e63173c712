import type { z } from "zod";

/** One environment variable: how it is read, and what the generated reference says of it. */
export interface Setting<T> {
  /** Reads the variable's text; absent variables take `fallback` without passing through here. */
  readonly schema: z.ZodType<T, string>;
  /** Value when the variable is absent or empty. */
  readonly fallback: T;
  /** The fallback as a user would write it; empty: unset. */
  readonly fallbackText: string;
  /** What it does: a sentence, with its unit. */
  readonly description: string;
  /** What may be written, for people: `integer ≥ 1`, `true | false`. */
  readonly form: string;
  /** Never shown in logs or errors. */
  readonly secret: boolean;
}

/** Settings by the name of their environment variable. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values of settings, by name. */
export type SettingValues<S extends Settings> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never;
};

/** A rule between settings: the sentence says what is wrong, undefined that nothing is. */
export interface SettingRelation<S extends Settings> {
  readonly between: readonly (keyof S & string)[];
  check(values: SettingValues<S>): string | undefined;
}
