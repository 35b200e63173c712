import type { SettingRelation, Settings, SettingValues } from "./setting.js";

/** The environment of a process: `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration cannot be used. `faults` holds every one found, a sentence each; the message joins them. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(readonly faults: readonly string[]) {
    super(`The configuration has ${String(faults.length)} fault(s):\n- ${faults.join("\n- ")}`);
  }
}

/**
 * Reads settings from an environment. Absent and empty variables take their fallback; everything else must be valid, and
 * every relation must hold among the variables that are.
 * @throws SettingsError with all faults at once.
 */
export function parseSettings<S extends Settings>(
  settings: S,
  env: Environment,
  relations: readonly SettingRelation<S>[] = [],
): SettingValues<S> {
  const faults: string[] = [];
  const faulty = new Set<string>();
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const text = env[name]?.trim() ?? "";
    if (text === "") {
      values[name] = setting.fallback;
      continue;
    }
    const parsed = setting.schema.safeParse(text);
    if (parsed.success) {
      values[name] = parsed.data;
      continue;
    }
    faulty.add(name);
    const shown = setting.secret ? "(secret)" : JSON.stringify(text);
    for (const issue of parsed.error.issues) faults.push(`${name}=${shown} ${issue.message}`);
  }
  const typed = values as SettingValues<S>;
  for (const relation of relations) {
    if (relation.between.some((name) => faulty.has(name))) continue;
    const fault = relation.check(typed);
    if (fault !== undefined) faults.push(fault);
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return Object.freeze(typed);
}
